"""The requests about API keys. OpenAI has no such routes; form and errors are those of its others."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from jobai_server.openai_format.field_types import at_most
from jobai_server.openai_format.request_model import Label, ModelName, RequestPart

Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]
Days = Annotated[float, Field(gt=0, le=36_500)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Role = Literal["admin", "client", "monitor"]
Models = Annotated[list[ModelName], Field(min_length=1, max_length=100)]
Metadata = Annotated[dict[Annotated[str, Field(max_length=64)], Label], at_most(16)]


class _KeyRequest(RequestPart):
    """What can be given when a key is made, and changed later; null is no limit, every model, or no expiry."""

    rate_limit: Limit | None = None
    tokens_per_minute: Limit | None = None
    max_concurrent_requests: Limit | None = None
    models: Models | None = None
    expires_in_days: Days | None = None
    metadata: Metadata | None = None

    def given(self) -> dict[str, Any]:
        """The fields that the request holds, in the store's types; `expires_in_days` left as it is."""
        fields = self.model_dump(include=self.model_fields_set)
        if fields.get("models") is not None:
            fields["models"] = tuple(fields["models"])
        if "metadata" in fields:
            fields["metadata"] = fields["metadata"] or {}
        return fields


class CreateKeyRequest(_KeyRequest):
    """The body of POST /api-keys/create."""

    name: Name
    role: Role = "client"


class UpdateKeyRequest(_KeyRequest):
    """The body of PATCH /api-keys/update/{key}: what it does not hold stays as it is."""

    name: Name = "-"
    role: Role = "client"


class RotateKeyRequest(RequestPart):
    """The body of POST /api-keys/rotate/{key}: how long the old secret goes on working."""

    grace_period_seconds: Annotated[float, Field(ge=0, le=30 * 86_400)] = 3600


class ListKeysQuery(RequestPart):
    """The query of GET /api-keys/list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    after: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{12}$")] | None = None
    role: Role | None = None
    state: Literal["active", "expired", "revoked"] | None = None
