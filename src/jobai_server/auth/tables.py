"""The key store's tables as the newest migration leaves them. Times are Unix times in seconds."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

KEY_STORE_ID = 1

key_store = Table(
    "key_store",
    metadata,
    Column("id", Integer, primary_key=True),
    # Grows by one with every change of any key: what web workers look at to learn that there was one. Taking it is
    # also what puts changes in a row, one after another.
    Column("revision", BigInteger, nullable=False),
    Column("pepper_fingerprint", LargeBinary),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("rate_limit", BigInteger),
    Column("tokens_per_minute", BigInteger),
    Column("max_concurrent_requests", BigInteger),
    Column("models", JSON(none_as_null=True)),
    Column("metadata", JSON(none_as_null=True), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("from_environment", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)

# Every secret a key ever had: the current one (`valid_until` is null), and those a rotation replaced.
key_digests = Table(
    "key_digests",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("key_id", String(12), ForeignKey("api_keys.id"), nullable=False, index=True),
    Column("valid_until", Double),
)

key_audit = Table(
    "key_audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(16), nullable=False),
    Column("key_id", String(12), nullable=False, index=True),
    Column("changes", JSON(none_as_null=True), nullable=False),
)
