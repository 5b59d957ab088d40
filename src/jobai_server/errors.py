"""What can go wrong, named once, with no idea of HTTP.

    ServerError
    ├── InvalidRequest          the caller's input is wrong; `param` names the field
    │   ├── InvalidJson         the body is not acceptable JSON
    │   ├── ContextTooLong      prompt and answer do not fit the model's context
    │   └── InputFailed         the model could not work on one of several inputs
    ├── BodyTooLarge            the body is over the configured size
    ├── UnsupportedMediaType    the body is not declared as JSON
    ├── NotAuthenticated        no key, or not a valid one
    │   ├── KeyExpired          it was valid until its expiry
    │   └── KeyRevoked          it was valid until an administrator revoked it
    ├── PermissionDenied        a valid key that may not do this
    ├── RateLimited             a valid key, or an address, that has used up what it may
    ├── UnknownModel            no model of that name is served here
    ├── UnknownKey              no API key of that id is known
    ├── UnknownCalibration      no calibration of that id is known to this caller
    ├── Conflict                the thing's state forbids the change, now and on every retry
    │   └── LastAdminKey        without this admin key there would be none
    ├── PreconditionFailed      somebody else changed it first
    ├── Unavailable             not now; the same request may work after `retry_after` seconds
    │   ├── ModelUnavailable    the model is starting, restarting or failed
    │   ├── EngineDied          the engine died while it worked on this request
    │   ├── Overloaded          the model's request limit is reached
    │   ├── AuthUnavailable     keys cannot be checked: the store has been out of reach for too long
    │   ├── StoreUnavailable    the database did not take a change, or could not be read
    │   └── ShuttingDown        the server is draining
    └── ConfigurationError      the operator's settings are wrong; the server does not start

`web/error_responses.py` holds the one table from these classes to status codes and OpenAI error bodies.
"""

from __future__ import annotations

from typing import Literal


class ServerError(Exception):
    """Base of every error this server raises on purpose.

    Attributes:
        message: One sentence for the caller; never a traceback, a path or the caller's own input at length.
        param: The request field at fault in OpenAI's notation, such as `messages[0].content`, or None.
        code: A short machine-readable reason from a closed set, or None.
    """

    code: str | None = None

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        if code is not None:
            self.code = code


class InvalidRequest(ServerError):
    code = "invalid_value"


class InvalidJson(InvalidRequest):
    code = "invalid_json"


class ContextTooLong(InvalidRequest):
    code = "context_length_exceeded"


class InputFailed(InvalidRequest):
    """`index` is the input's place among those of the request, from 0."""

    code = "input_failed"

    def __init__(self, message: str, *, index: int, param: str | None = None) -> None:
        super().__init__(message, param=param)
        self.index = index


class BodyTooLarge(ServerError):
    code = "request_too_large"


class UnsupportedMediaType(ServerError):
    code = "unsupported_media_type"


class NotAuthenticated(ServerError):
    code = "invalid_api_key"


class KeyExpired(NotAuthenticated):
    code = "api_key_expired"


class KeyRevoked(NotAuthenticated):
    code = "api_key_revoked"


class PermissionDenied(ServerError):
    code = "permission_denied"


class RateLimited(ServerError):
    """Too much in too short a time.

    Attributes:
        kind: What there was too much of; OpenAI's name for it.
        retry_seconds: When the same request may work.
        retryable: False if it never will.
    """

    code = "rate_limit_exceeded"

    def __init__(
        self, message: str, *, kind: Literal["requests", "tokens"], retry_seconds: float, retryable: bool = True
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_seconds = retry_seconds
        self.retryable = retryable


class UnknownModel(ServerError):
    code = "model_not_found"


class UnknownKey(ServerError):
    code = "api_key_not_found"


class UnknownCalibration(ServerError):
    code = "calibration_not_found"


class Conflict(ServerError):
    code = "conflict"


class LastAdminKey(Conflict):
    code = "last_admin_key"


class PreconditionFailed(ServerError):
    code = "precondition_failed"


class Unavailable(ServerError):
    """Not now. `retry_after` is in whole seconds and becomes the Retry-After header."""

    code = "service_unavailable"

    def __init__(
        self, message: str, *, retry_after: int = 5, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.retry_after = retry_after


class ModelUnavailable(Unavailable):
    code = "model_unavailable"


class EngineDied(Unavailable):
    code = "engine_restarting"


class Overloaded(Unavailable):
    code = "server_is_overloaded"


class AuthUnavailable(Unavailable):
    code = "auth_unavailable"


class StoreUnavailable(Unavailable):
    code = "store_unavailable"


class ShuttingDown(Unavailable):
    code = "server_shutting_down"


class ConfigurationError(ServerError):
    code = "configuration_error"
