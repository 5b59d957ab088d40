"""What a key may be used for."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["admin", "client", "monitor"]
"""`admin`: everything; `client`: inference; `monitor`: metrics and health, nothing else."""

ROLES: tuple[Role, ...] = get_args(Role)


def permits(held: Role, needed: Role) -> bool:
    """Whether a key with the role `held` opens a route that needs the role `needed`."""
    return held in ("admin", needed)
