"""POST and GET /v1/completions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from jobai_server.auth.caller import Caller
from jobai_server.engines.protocol import TextDelta, TextEngine, TextRequest
from jobai_server.openai_format.completion_events import completion_events
from jobai_server.openai_format.completion_reply import CompletionReply, completion_reply
from jobai_server.openai_format.completion_request import (
    CompletionRequest,
    completion_sampling,
    streamed_completion,
    system_conversation,
)
from jobai_server.openai_format.completion_response import completion
from jobai_server.openai_format.identity import new_identity
from jobai_server.openai_format.prompt_input import PromptInput
from jobai_server.openai_format.sampling import check_context, check_prompt_length
from jobai_server.web.authentication import QUERY_KEY_PATH, CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of
from jobai_server.web.json_response import model_response
from jobai_server.web.metering import meter_of
from jobai_server.web.owner import owner, served_tier
from jobai_server.web.presented_key import QUERY_PARAMETER
from jobai_server.web.state import WebState
from jobai_server.web.streaming import Events, event_stream, until_disconnect
from jobai_server.web.woken_engine import woken_text

if TYPE_CHECKING:
    from openai.types import Completion

router = APIRouter(dependencies=[requires("client")])

CompletionBody = Annotated[CompletionRequest, Depends(body_of(CompletionRequest))]


@router.post("/v1/completions")
async def create_completion(
    request: Request, body: CompletionBody, caller: CallerDependency, state: StateDependency
) -> Response:
    return await _answered(request, body, caller, state)


@router.get(QUERY_KEY_PATH)
async def stream_completion(request: Request, caller: CallerDependency, state: StateDependency) -> Response:
    """The same for browsers' EventSource, which can neither send a body nor headers: always an event stream."""
    given = [(name, value) for name, value in request.query_params.multi_items() if name != QUERY_PARAMETER]
    return await _answered(request, streamed_completion(given), caller, state)


async def _answered(request: Request, body: CompletionRequest, caller: Caller, state: WebState) -> Response:
    async def begun() -> tuple[list[AsyncGenerator[TextDelta, None]], CompletionReply]:
        engine = await woken_text(state, body.model, "primary", caller)
        prompts = []
        for prompt in body.prompts:
            prompts.append((prompt, await _encoded(engine, body, prompt)))
            await asyncio.sleep(0)  # many prompts take a while to encode
        whose = owner(caller, body)
        identity = new_identity("cmpl", engine.card.name, engine.card.fingerprint, served_tier(whose, body))
        meter = meter_of(request)
        requests = [
            TextRequest(
                f"{identity.id}-{number}",
                ids,
                completion_sampling(body, engine.card, len(ids), prompt.param),
                whose,
                meter.times,
            )
            for number, (prompt, ids) in enumerate(prompts)
        ]
        reply = completion_reply(body, identity, sum(len(ids) for _, ids in prompts))
        answer_tokens = sum(one.sampling.n * one.sampling.max_tokens for one in requests)
        await meter.reserve(engine.card.name, reply.usage, answer_tokens)
        return [engine.stream(one) for one in requests], reply

    async def events() -> Events:
        return completion_events(*await begun())

    async def answer() -> Completion:
        return await completion(*await begun())

    if body.stream:
        return await event_stream(request, state, events)
    return model_response(await until_disconnect(request, state.in_flight, answer()))


async def _encoded(engine: TextEngine, body: CompletionRequest, prompt: PromptInput) -> list[int]:
    """The prompt as token ids: as they were given, as a chat under the system message, or as raw text."""
    if prompt.token_ids is not None:
        check_prompt_length(engine.card, len(prompt.token_ids), prompt.param)
        engine.check_token_ids(prompt.token_ids, prompt.param)
        return prompt.token_ids
    check_context(engine.card, len(prompt.text or "") + len(body.system_message or ""), prompt.param)
    conversation = system_conversation(body, prompt)
    if conversation is not None:
        return await engine.encode_conversation(conversation)
    return await engine.encode_text(prompt.text or "")
