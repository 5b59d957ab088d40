"""A text engine on vLLM: one web worker's client of an engine process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobai_server.engines.admission import RunningRequests
from jobai_server.engines.launch import EngineLaunch, Seat
from jobai_server.engines.protocol import (
    Conversation,
    JsonShape,
    ModelCard,
    TextDelta,
    TextRequest,
    TokenChoice,
    TokenLogprobs,
    ToolCallParser,
)
from jobai_server.engines.safe_tokenizer import REPLACEMENT, SafeTokenizer
from jobai_server.engines.vllm_sampling import check_shape, finish_reason, sampling_params
from jobai_server.engines.vllm_settings import vllm_config
from jobai_server.errors import ConfigurationError, EngineDied, InvalidRequest

if TYPE_CHECKING:
    from vllm.outputs import CompletionOutput
    from vllm.v1.engine.async_llm import AsyncLLM

    from jobai_server.settings import ModelSettings

log = logging.getLogger(__name__)

# Below this many characters encoding takes less time than handing it to a thread.
INLINE_CHARACTERS = 8_192


class VllmTextEngine:
    """Implements `protocol.TextEngine` over vLLM's AsyncLLM."""

    def __init__(
        self, llm: AsyncLLM, card: ModelCard, tokenizer: SafeTokenizer, model: ModelSettings, running: RunningRequests
    ) -> None:
        self._llm = llm
        self._card = card
        self._tokenizer = tokenizer
        self._tool_call_parser = _usable_parser(model, tokenizer)
        self._limit = model.max_concurrent_requests
        self._running = running
        # One thread: the tokenizer is not safe to use from several at once.
        self._encoding = ThreadPoolExecutor(1, thread_name_prefix="encode")

    @property
    def card(self) -> ModelCard:
        return self._card

    async def encode_conversation(self, conversation: Conversation) -> list[int]:
        if conversation.characters < INLINE_CHARACTERS:
            return self._tokenizer.encode_conversation(conversation)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._encoding, self._tokenizer.encode_conversation, conversation)

    async def encode_text(self, text: str) -> list[int]:
        if len(text) < INLINE_CHARACTERS:
            return self._tokenizer.encode_text(text)
        return await asyncio.get_running_loop().run_in_executor(self._encoding, self._tokenizer.encode_text, text)

    def check_token_ids(self, token_ids: Sequence[int], param: str) -> None:
        self._tokenizer.check_token_ids(token_ids, param)

    def tool_call_parser(self, tools: Sequence[Mapping[str, Any]]) -> ToolCallParser | None:
        if self._tool_call_parser is None:
            return None
        from jobai_server.engines.vllm_tool_calls import vllm_tool_call_parser

        return vllm_tool_call_parser(self._tool_call_parser, self._tokenizer.tokenizer, tools)

    async def stream(self, request: TextRequest) -> AsyncGenerator[TextDelta, None]:
        from vllm.inputs.engine import tokens_input

        check_shape(request.sampling.json_shape, self._tokenizer)
        with_logprobs = request.sampling.logprobs is not None
        with (
            self._running.place(self._card.name, request.sampling.n, self._limit),
            _translated_errors(self._card.name, request.sampling.json_shape),
        ):
            outputs = self._llm.generate(
                tokens_input(list(request.prompt_token_ids)), sampling_params(request.sampling), request.request_id
            )
            async with contextlib.aclosing(outputs):
                async for output in outputs:
                    for completion in output.outputs:
                        yield TextDelta(
                            completion.index,
                            completion.text,
                            len(completion.token_ids),
                            finish_reason(completion.finish_reason),
                            self._token_logprobs(completion) if with_logprobs else None,
                        )

    def _token_logprobs(self, completion: CompletionOutput) -> tuple[TokenLogprobs, ...]:
        positions = zip(completion.token_ids, completion.logprobs or (), strict=False)
        return tuple(self._one_position(token_id, choices) for token_id, choices in positions)

    def _one_position(self, token_id: int, choices: Mapping[int, Any]) -> TokenLogprobs:
        ranked = sorted(choices, key=lambda one: choices[one].logprob, reverse=True)
        top = tuple(self._choice(one, choices[one]) for one in ranked)
        return TokenLogprobs(self._choice(token_id, choices[token_id]), top)

    def _choice(self, token_id: int, choice: Any) -> TokenChoice:
        token = choice.decoded_token or ""
        data = self._tokenizer.token_bytes(token_id) if REPLACEMENT in token else token.encode()
        # JSON has no minus infinity; this is what OpenAI reports for impossible tokens.
        return TokenChoice(token, max(choice.logprob, -9999.0), data)

    def fail(self) -> None:
        """The engine process is gone: end every running request with EngineDied and let go of its sockets."""
        from vllm.v1.engine.exceptions import EngineDeadError

        self._llm.output_processor.propagate_error(EngineDeadError())
        self.close()

    def close(self) -> None:
        self._llm.shutdown(timeout=0)
        self._encoding.shutdown(wait=False)


async def open_vllm_engine(
    launch: EngineLaunch, seat: Seat, card: ModelCard, running: RunningRequests
) -> VllmTextEngine:
    """Take a seat at a running engine. Importing vLLM and building the client happens in a thread."""
    llm = await asyncio.to_thread(_client, launch, seat)
    context_length = llm.model_config.max_model_len
    template = launch.model.chat_template.read_text() if launch.model.chat_template else None
    tokenizer = SafeTokenizer(llm.renderer.get_tokenizer(), template)
    card = replace(card, context_length=context_length, longest_token=tokenizer.longest_token)
    return VllmTextEngine(llm, card, tokenizer, launch.model, running)


@contextlib.contextmanager
def _translated_errors(model: str, shape: JsonShape | None) -> Iterator[None]:
    from vllm.exceptions import VLLMClientError
    from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

    try:
        yield
    except (VLLMClientError, ValueError) as error:
        # The error's text form adds the rejected value; its first argument is the sentence alone.
        sentence = str(error.args[0] if error.args else error)[:300]
        param = getattr(error, "parameter", None) or (shape.param if shape else None)
        raise InvalidRequest(f"The engine refuses this request: {sentence}", param=param) from error
    except (EngineDeadError, EngineGenerateError) as error:
        raise EngineDied(f"The engine of model '{model}' stopped while it worked on this request.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how llguidance, which is Rust, fails; no Exception
            raise
        param = shape.param if shape else None
        raise InvalidRequest("The schema cannot be read.", param=param, code="invalid_json_schema") from None


def _usable_parser(model: ModelSettings, tokenizer: SafeTokenizer) -> str | None:
    """The configured tool-call parser, unless the model's tokenizer lacks what it needs."""
    if model.tool_call_parser is None:
        return None
    from jobai_server.engines.vllm_tool_calls import vllm_tool_call_parser

    try:
        vllm_tool_call_parser(model.tool_call_parser, tokenizer.tokenizer, [])
    except ConfigurationError as error:
        log.warning("model %s: no tool_choice auto: %s", model.name[0], error.message)
        return None
    return model.tool_call_parser


def _client(launch: EngineLaunch, seat: Seat) -> AsyncLLM:
    from vllm import envs
    from vllm.v1.engine.async_llm import AsyncLLM

    # vLLM looks up its settings in the environment once per token otherwise.
    envs.enable_envs_cache()
    return AsyncLLM.from_vllm_config(
        vllm_config(launch, seat.index),
        client_addresses={"input_address": seat.input_address, "output_address": seat.output_address},
        client_count=seat.seats,
        client_index=seat.index,
    )
