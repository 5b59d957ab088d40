"""The first tables: keys, their digests, and who changed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "keys"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_store",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("pepper_fingerprint", sa.LargeBinary),
    )
    op.execute("INSERT INTO key_store (id, revision) VALUES (1, 0)")
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("rate_limit", sa.BigInteger),
        sa.Column("tokens_per_minute", sa.BigInteger),
        sa.Column("max_concurrent_requests", sa.BigInteger),
        sa.Column("models", sa.JSON),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("revoked_at", sa.Double),
        sa.Column("from_environment", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "key_digests",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("key_id", sa.String(12), sa.ForeignKey("api_keys.id"), nullable=False, index=True),
        sa.Column("valid_until", sa.Double),
    )
    op.create_table(
        "key_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("key_id", sa.String(12), nullable=False, index=True),
        sa.Column("changes", sa.JSON, nullable=False),
    )
