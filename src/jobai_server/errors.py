"""What can go wrong, named once, with no idea of HTTP.

    ServerError
    ├── InvalidRequest          the caller's input is wrong; `param` names the field
    │   ├── InvalidJson         the body is not acceptable JSON
    │   └── ContextTooLong      prompt and answer do not fit the model's context
    ├── BodyTooLarge            the body is over the configured size
    ├── UnsupportedMediaType    the body is not declared as JSON
    ├── NotAuthenticated        no key, or not a valid one
    ├── PermissionDenied        a valid key that may not do this
    ├── UnknownModel            no model of that name is served here
    ├── Unavailable             not now; the same request may work after `retry_after` seconds
    │   ├── ModelUnavailable    the model is starting, restarting or failed
    │   ├── EngineDied          the engine died while it worked on this request
    │   ├── Overloaded          the model's request limit is reached
    │   └── ShuttingDown        the server is draining
    └── ConfigurationError      the operator's settings are wrong; the server does not start

`web/error_responses.py` holds the one table from these classes to status codes and OpenAI error bodies.
"""

from __future__ import annotations


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


class BodyTooLarge(ServerError):
    code = "request_too_large"


class UnsupportedMediaType(ServerError):
    code = "unsupported_media_type"


class NotAuthenticated(ServerError):
    code = "invalid_api_key"


class PermissionDenied(ServerError):
    code = "permission_denied"


class UnknownModel(ServerError):
    code = "model_not_found"


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


class ShuttingDown(Unavailable):
    code = "server_shutting_down"


class ConfigurationError(ServerError):
    code = "configuration_error"
