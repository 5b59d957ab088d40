"""POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from jobai_server.engines.protocol import TextDelta, TextRequest
from jobai_server.openai_format.chat_events import chat_events
from jobai_server.openai_format.chat_reply import ChatReply, chat_reply, tool_call_parsers
from jobai_server.openai_format.chat_request import ChatCompletionRequest, chat_sampling, to_conversation
from jobai_server.openai_format.chat_response import chat_completion
from jobai_server.openai_format.identity import new_identity
from jobai_server.openai_format.sampling import check_context
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of
from jobai_server.web.json_response import model_response
from jobai_server.web.metering import meter_of
from jobai_server.web.owner import owner, served_tier
from jobai_server.web.streaming import Events, event_stream, until_disconnect
from jobai_server.web.woken_engine import woken_text

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

router = APIRouter(dependencies=[requires("client")])

ChatBody = Annotated[ChatCompletionRequest, Depends(body_of(ChatCompletionRequest))]


@router.post("/v1/chat/completions")
async def create_chat_completion(
    request: Request, body: ChatBody, caller: CallerDependency, state: StateDependency
) -> Response:
    async def begun() -> tuple[AsyncGenerator[TextDelta, None], ChatReply]:
        engine = await woken_text(state, body.model, "primary", caller)
        parsers = tool_call_parsers(body, engine)
        conversation = to_conversation(body)
        check_context(engine.card, conversation.characters, "messages")
        prompt = await engine.encode_conversation(conversation)
        sampling = chat_sampling(body, engine.card, len(prompt))
        whose = owner(caller, body)
        identity = new_identity("chatcmpl", engine.card.name, engine.card.fingerprint, served_tier(whose, body))
        reply = chat_reply(body, identity, len(prompt), parsers)
        meter = meter_of(request)
        await meter.reserve(engine.card.name, reply.usage, sampling.n * sampling.max_tokens)
        return engine.stream(TextRequest(identity.id, prompt, sampling, whose, meter.times)), reply

    async def events() -> Events:
        return chat_events(*await begun())

    async def answer() -> ChatCompletion:
        return await chat_completion(*await begun())

    if body.stream:
        return await event_stream(request, state, events)
    return model_response(await until_disconnect(request, state.in_flight, answer()))
