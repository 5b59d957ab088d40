"""A text engine on vLLM: one web worker's client of an engine process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from jobai_server.engines.fair_share import Sequences
from jobai_server.engines.launch import EngineLaunch, Seat
from jobai_server.engines.next_token import MAX_PROMPTS_AT_ONCE, AnswerTokens, MessageTokens, NextTokenRequest
from jobai_server.engines.progress_note import ProgressNote
from jobai_server.engines.protocol import (
    Conversation,
    JsonShape,
    ModelCard,
    RequestTimes,
    TextDelta,
    TextRequest,
    TokenChoice,
    TokenLogprobs,
    ToolCallParser,
)
from jobai_server.engines.queue_table import QueueTable
from jobai_server.engines.request_queue import Place, RequestQueue
from jobai_server.engines.safe_tokenizer import REPLACEMENT, SafeTokenizer
from jobai_server.engines.vllm_next_token import least_work, next_token_logprobs, queue_seconds
from jobai_server.engines.vllm_sampling import check_shape, finish_reason, sampling_params
from jobai_server.engines.vllm_settings import vllm_config
from jobai_server.engines.vllm_tool_calls import usable_parser, vllm_tool_call_parser
from jobai_server.errors import EngineDied, InvalidRequest

if TYPE_CHECKING:
    from vllm.outputs import CompletionOutput
    from vllm.v1.engine.async_llm import AsyncLLM

    from jobai_server.settings import ModelSettings

Encoded = TypeVar("Encoded")

# Below this many characters encoding takes less time than handing it to a thread.
INLINE_CHARACTERS = 8_192


class VllmTextEngine:
    """Implements `protocol.TextEngine` over vLLM's AsyncLLM."""

    def __init__(
        self, llm: AsyncLLM, card: ModelCard, tokenizer: SafeTokenizer, model: ModelSettings, queue: RequestQueue
    ) -> None:
        self._llm = llm
        self._card = card
        self._tokenizer = tokenizer
        self._tool_call_parser = usable_parser(card.name, model.tool_call_parser, tokenizer.tokenizer)
        self._queue = queue
        if model.contended_share is not None:
            queue.sequences = Sequences.of(llm.vllm_config.scheduler_config.max_num_seqs, model.contended_share)
        # The same labels are asked for again and again.
        self._answer_tokens = lru_cache(4096)(tokenizer.answer_tokens)
        # One thread: long texts wait for each other, not for a core.
        self._encoding = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._closed = False

    @property
    def card(self) -> ModelCard:
        return self._card

    async def encode_conversation(self, conversation: Conversation) -> list[int]:
        return await self._encoded(conversation.characters, partial(self._tokenizer.encode_conversation, conversation))

    async def encode_message(self, given: str, parts: Sequence[str]) -> MessageTokens:
        characters = len(given) + sum(map(len, parts))
        return await self._encoded(characters, partial(self._tokenizer.encode_message, given, parts))

    async def encode_text(self, text: str) -> list[int]:
        return await self._encoded(len(text), partial(self._tokenizer.encode_text, text))

    async def _encoded(self, characters: int, encode: Callable[[], Encoded]) -> Encoded:
        """What `encode` returns; in a thread where it has many characters to look at.

        Raises:
            EngineDied: The engine is gone; a request of several steps may notice here first.
        """
        if self._closed:
            raise _died(self._card.name)
        if characters < INLINE_CHARACTERS:
            return encode()
        return await asyncio.get_running_loop().run_in_executor(self._encoding, encode)

    def check_token_ids(self, token_ids: Sequence[int], param: str) -> None:
        self._tokenizer.check_token_ids(token_ids, param)

    def tool_call_parser(self, tools: Sequence[Mapping[str, Any]]) -> ToolCallParser | None:
        if self._tool_call_parser is None:
            return None
        return vllm_tool_call_parser(self._tool_call_parser, self._tokenizer.tokenizer, tools)

    async def stream(self, request: TextRequest) -> AsyncGenerator[TextDelta, None]:
        from vllm.inputs.engine import tokens_input

        check_shape(request.sampling.json_shape, self._tokenizer)
        sampling, prompt_tokens = request.sampling, len(request.prompt_token_ids)
        with (
            self._queue.place(
                request.owner,
                sampling.n,
                prompt_tokens + sampling.n * sampling.max_tokens,
                (request.prompt_token_ids, sampling),
            ) as place,
            _translated_errors(self._card.name, sampling.json_shape),
        ):
            priority = await _turn(place, request.times)
            place.used = prompt_tokens
            outputs = self._llm.generate(
                tokens_input(list(request.prompt_token_ids)),
                sampling_params(sampling),
                request.request_id,
                priority=priority,
            )
            async with contextlib.aclosing(outputs):
                async with place.in_time():
                    output = await anext(outputs, None)
                if output is not None:
                    request.times.began(place.waited + queue_seconds(output))
                with_logprobs = sampling.logprobs is not None
                while output is not None:
                    for completion in output.outputs:
                        place.used += len(completion.token_ids)
                        yield TextDelta(
                            completion.index,
                            completion.text,
                            len(completion.token_ids),
                            finish_reason(completion.finish_reason),
                            self._token_logprobs(completion) if with_logprobs else None,
                        )
                    output = await anext(outputs, None)

    def answer_tokens(self, text: str) -> AnswerTokens:
        return self._answer_tokens(text)

    async def next_token_logprobs(self, request: NextTokenRequest) -> list[list[float]]:
        at_most = min(len(request.prompts), MAX_PROMPTS_AT_ONCE)
        tokens = sum(len(prompt.token_ids) + 1 for prompt in request.prompts)
        with (
            self._queue.place(request.owner, at_most, tokens, request.content, least=1) as place,
            _translated_errors(self._card.name, None),
        ):
            priority = await _turn(place, request.times)
            place.used = tokens
            async with place.in_time() as limit:
                return await next_token_logprobs(
                    self._llm,
                    request,
                    at_once=place.answers,
                    priority=priority,
                    answered=lambda: limit.reschedule(None),
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

    async def probe(self) -> None:
        """Have the engine look at one token, past the queue and before all others.

        Raises:
            ServerError: It does not.
        """
        with _translated_errors(self._card.name, None):
            await least_work(self._llm)

    def fail(self) -> None:
        """The engine process is gone: end every running request with EngineDied and let go of its sockets."""
        from vllm.v1.engine.exceptions import EngineDeadError

        self._llm.output_processor.propagate_error(EngineDeadError())
        self.close()

    def close(self) -> None:
        self._closed = True
        self._llm.shutdown(timeout=0)
        self._show_nothing()
        self._encoding.shutdown(wait=False)

    def _show_nothing(self) -> None:
        """vLLM's gauges keep what the engine said last, and nothing runs in one that is gone."""
        from vllm.v1.metrics.stats import SchedulerStats

        if self._llm.logger_manager is not None:
            self._llm.logger_manager.record(SchedulerStats(), None)


async def open_vllm_engine(launch: EngineLaunch, seat: Seat, card: ModelCard, queue: RequestQueue) -> VllmTextEngine:
    """Take a seat at a running engine. Importing vLLM and building the client happens in a thread.

    Raises:
        EngineDied: It ended, or could not do its first work, before this worker was attached to it.
    """
    making = asyncio.create_task(asyncio.to_thread(_client, launch, seat, queue.table))
    try:
        llm = await asyncio.shield(making)
        with _translated_errors(card.name, None):
            await least_work(llm)
    except BaseException:
        (await making).shutdown(timeout=0)
        raise
    context_length = llm.model_config.max_model_len
    template = launch.model.chat_template.read_text() if launch.model.chat_template else None
    tokenizer = SafeTokenizer(llm.renderer.get_tokenizer(), template)
    card = replace(card, context_length=context_length, longest_token=tokenizer.longest_token)
    return VllmTextEngine(llm, card, tokenizer, launch.model, queue)


async def _turn(place: Place, times: RequestTimes) -> int:
    """As `Place.turn`; how long that took is noted even where it fails."""
    try:
        return await place.turn()
    finally:
        times.waited(place.waited)


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
        raise _died(model) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how llguidance, which is Rust, fails; no Exception
            raise
        param = shape.param if shape else None
        raise InvalidRequest("The schema cannot be read.", param=param, code="invalid_json_schema") from None


def _died(model: str) -> EngineDied:
    return EngineDied(f"The engine of model '{model}' stopped while it worked on this request.")


def _client(launch: EngineLaunch, seat: Seat, table: QueueTable) -> AsyncLLM:
    from vllm import envs
    from vllm.v1.engine.async_llm import AsyncLLM

    # vLLM looks up its settings in the environment once per token otherwise.
    envs.enable_envs_cache()
    return AsyncLLM.from_vllm_config(
        vllm_config(launch, seat.index),
        client_addresses={"input_address": seat.input_address, "output_address": seat.output_address},
        client_count=seat.seats,
        client_index=seat.index,
        stat_loggers=[lambda *_: ProgressNote(table)],
    )
