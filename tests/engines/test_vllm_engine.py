"""A web worker's client of an engine process, without vLLM."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from tests.stand_in_engine import stand_in_card

from jobai_server.engines import vllm_engine
from jobai_server.engines.protocol import Conversation
from jobai_server.engines.request_queue import RequestQueue
from jobai_server.engines.vllm_engine import INLINE_CHARACTERS, VllmTextEngine, open_vllm_engine
from jobai_server.errors import EngineDied
from jobai_server.settings import ModelSettings


class StandInTokenizer:
    """One token, whatever the text."""

    tokenizer = None

    def answer_tokens(self, text: str) -> None:
        raise NotImplementedError

    def encode_text(self, text: str) -> list[int]:
        return [len(text)]

    def encode_conversation(self, conversation: Conversation) -> list[int]:
        return [conversation.characters]

    def encode_message(self, given: str, parts: Any) -> list[int]:
        return [len(given)]


class StandInClient:
    def shutdown(self, timeout: float) -> None:
        pass


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VllmTextEngine:
    monkeypatch.setattr(VllmTextEngine, "_show_nothing", lambda _: None)
    model = ModelSettings(name=("m",), source="a/b", contended_share=None)
    client: Any = StandInClient()
    tokenizer: Any = StandInTokenizer()
    return VllmTextEngine(client, stand_in_card(), tokenizer, model, RequestQueue(tmp_path / "queue", model, 0, 60))


async def test_an_engine_that_ends_while_a_worker_attaches_has_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vllm.v1.engine.exceptions import EngineDeadError

    class EndedClient:
        closed = False

        def shutdown(self, timeout: float) -> None:
            self.closed = True

    async def ended(_: object) -> None:
        raise EngineDeadError

    client, nothing = EndedClient(), cast(Any, None)
    model = ModelSettings(name=("m",), source="a/b", contended_share=None)
    monkeypatch.setattr(vllm_engine, "_client", lambda *_: client)
    monkeypatch.setattr(vllm_engine, "least_work", ended)
    with pytest.raises(EngineDied):
        await open_vllm_engine(nothing, nothing, stand_in_card(), RequestQueue(tmp_path / "queue", model, 0, 60))
    assert client.closed


@pytest.mark.parametrize("characters", [1, INLINE_CHARACTERS])
async def test_a_request_that_encodes_on_after_its_engine_ended_is_told_so(
    engine: VllmTextEngine, characters: int
) -> None:
    text = "x" * characters
    conversation = Conversation(({"role": "user", "content": text},))
    assert await engine.encode_text(text) == [characters]
    assert await engine.encode_conversation(conversation) == [conversation.characters]
    engine.close()
    for encoding in (
        engine.encode_text(text),
        engine.encode_conversation(conversation),
        engine.encode_message(text, []),
    ):
        with pytest.raises(EngineDied, match="stand-in"):
            await encoding


async def test_what_is_being_encoded_when_the_engine_ends_is_finished(engine: VllmTextEngine) -> None:
    encoding = asyncio.create_task(engine.encode_text("x" * INLINE_CHARACTERS))
    await asyncio.sleep(0)
    engine.close()
    assert await encoding == [INLINE_CHARACTERS]
