"""What was fitted to labelled examples of a classification."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "calibrations"
down_revision = "usage"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False, index=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("model", sa.String(256), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("adjustment", sa.JSON, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
    )
