"""The web app, wired in reading order. Nothing happens at import."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from jobai_server.web import error_responses, http_metrics
from jobai_server.web.door import DirectEvents, Door
from jobai_server.web.metering import Metering
from jobai_server.web.rate_limits import rate_limited
from jobai_server.web.route_roles import check_roles
from jobai_server.web.routes import (
    api_keys,
    calibrations,
    chat,
    classifications,
    completions,
    decisions,
    embeddings,
    health,
    metrics,
    model_sleep,
    models,
    page,
    rerank,
    usage,
    version,
)
from jobai_server.web.state import WebState

EXPOSED_LIMITS = [
    f"X-RateLimit-{what}-{kind}" for what in ("Limit", "Remaining", "Reset") for kind in ("Requests", "Tokens")
]


def create_app(state: WebState) -> FastAPI:
    """The app for one web worker.

    Args:
        state: Everything the routes may ask for.
    """
    app = FastAPI(title="jobai-server", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.web = state
    for middleware in reversed(_middleware(state)):
        app.user_middleware.insert(0, middleware)
    http_metrics.install(app)
    app.add_middleware(DirectEvents)
    error_responses.install(app)
    app.include_router(health.router)
    app.include_router(page.router)
    limited = [Depends(rate_limited)]
    app.include_router(metrics.router, dependencies=limited)
    app.include_router(version.router, dependencies=limited)
    app.include_router(models.router, dependencies=limited)
    app.include_router(model_sleep.router, dependencies=limited)
    app.include_router(chat.router, dependencies=limited)
    app.include_router(completions.router, dependencies=limited)
    app.include_router(embeddings.router, dependencies=limited)
    app.include_router(rerank.router, dependencies=limited)
    app.include_router(classifications.router, dependencies=limited)
    app.include_router(calibrations.router, dependencies=limited)
    app.include_router(decisions.router, dependencies=limited)
    app.include_router(api_keys.router, dependencies=limited)
    app.include_router(usage.own_router, dependencies=limited)
    app.include_router(usage.admin_router, dependencies=limited)
    check_roles(app)
    return app


def _middleware(state: WebState) -> list[Middleware]:
    """Outermost first. Pure ASGI only: what wraps every chunk of a stream must cost next to nothing."""
    door = Middleware(Door, settings=state.settings, in_flight=state.in_flight, tracer=state.tracer)
    metering = Middleware(Metering, limits=state.limits.keys, counts=state.usage)
    if not state.settings.allowed_origins:
        return [door, metering]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=state.settings.allowed_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["*"],  # OpenAI's client for JavaScript sends a dozen of its own
        expose_headers=["ETag", "X-Request-Id", "Retry-After", "Retry-After-Ms", "X-Should-Retry", *EXPOSED_LIMITS],
        max_age=600,
    )
    return [cors, door, metering]
