"""Model name or role → open engine, and how every engine is doing."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from jobai_server.engines.embedding import EmbeddingEngine
from jobai_server.engines.protocol import ModelCard, TextEngine
from jobai_server.errors import InvalidRequest, ModelUnavailable, PermissionDenied, UnknownModel

EMBEDDING_ROLE = "embedding"
EMBEDDING_ROUTES = "/v1/embeddings and /v1/rerank"
TEXT_ROUTES = "/v1/chat/completions and /v1/completions"

EngineState = Literal["starting", "ready", "restarting", "failed", "stopped", "dozing", "asleep", "waking"]
AWAY = frozenset({"dozing", "asleep", "waking"})
"""It ends what it has, has given its memory back, or comes back: whoever wants it wakes it."""


class Failure(NamedTuple):
    """When an engine ended that should not have (Unix time, seconds), and why."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """How an engine is doing: since when (Unix time, seconds), restarts so far, why it is not ready, its process.

    An engine that is away has a process only where that sleeps as well and its clients stay connected.
    `planned_memory`: bytes of the GPU that the memory plan has for it; None where there is no plan. `last_failure`
    stays when it is ready again.
    """

    state: EngineState
    since: float
    restarts: int = 0
    reason: str = ""
    process_id: int | None = None
    planned_memory: int | None = None
    last_failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of asking an engine for a token: when (Unix time), how long it took (seconds), why it failed or ""."""

    at: float
    seconds: float
    reason: str = ""


@dataclass(slots=True)
class Entry:
    """One model; `changed` wakes its waiters at every change of `status`, `awaited` counts by key who waits for it to
    wake."""

    card: ModelCard
    status: EngineStatus
    engine: TextEngine | None = None
    embedding_engine: EmbeddingEngine | None = None
    probe: Probe | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    awaited: Counter[str] = field(default_factory=Counter)

    def note(self, status: EngineStatus) -> None:
        """How its engine is doing now."""
        self.status = status
        self.changed.set()
        self.changed.clear()


@dataclass(slots=True)
class Catalog:
    """Every configured model of this server. Names are looked up in a fixed table, never on disk or a network."""

    entries: dict[str, Entry] = field(default_factory=dict)
    _by_name: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, cards: Mapping[str, ModelCard]) -> Catalog:
        catalog = cls()
        for name, card in cards.items():
            entry = Entry(card, EngineStatus("starting", time.time()))
            catalog.entries[name] = entry
            for known_as in (*card.aliases, card.name, *card.roles):
                catalog._by_name[known_as] = entry
        return catalog

    def text(self, model: str | None, role: str, allowed: frozenset[str] | None) -> TextEngine:
        """The engine of a model, or of the route's role where the request names none.

        Args:
            allowed: Names of the models that the caller may use, any of a model's names; None is all.

        Raises:
            UnknownModel: No such model is served here.
            PermissionDenied: It is, but not for this caller.
            InvalidRequest: It writes no text.
            ModelUnavailable: It does, but not at the moment.
        """
        entry = self.text_entry(model, role, allowed)
        if entry.engine is None:
            raise _unavailable(entry)
        return entry.engine

    def embedding(self, model: str | None, role: str, allowed: frozenset[str] | None) -> EmbeddingEngine:
        """As `text`, for a model that embeds."""
        entry = self.embedding_entry(model, role, allowed)
        if entry.embedding_engine is None:
            raise _unavailable(entry)
        return entry.embedding_engine

    def text_entry(self, model: str | None, role: str, allowed: frozenset[str] | None) -> Entry:
        """As `text`, whether or not its engine is there."""
        entry = self._allowed_entry(model, role, allowed)
        if EMBEDDING_ROLE in entry.card.roles:
            raise _unfit(entry.card, f"embeds texts and writes none; it is served at {EMBEDDING_ROUTES}")
        return entry

    def embedding_entry(self, model: str | None, role: str, allowed: frozenset[str] | None) -> Entry:
        """As `embedding`, whether or not its engine is there."""
        entry = self._allowed_entry(model, role, allowed)
        if EMBEDDING_ROLE not in entry.card.roles:
            raise _unfit(entry.card, f"writes text and embeds none; it is served at {TEXT_ROUTES}")
        return entry

    def card(self, model: str, allowed: frozenset[str] | None) -> ModelCard:
        """
        Raises:
            UnknownModel, PermissionDenied: As `text`.
        """
        card = self.entry(model).card
        _check_allowed(card, allowed)
        return card

    def cards(self, allowed: frozenset[str] | None) -> list[ModelCard]:
        """Every model that the caller may use."""
        return [entry.card for entry in self.entries.values() if _is_allowed(entry.card, allowed)]

    def _allowed_entry(self, model: str | None, role: str, allowed: frozenset[str] | None) -> Entry:
        entry = self.entry(role if model is None else model)
        _check_allowed(entry.card, allowed)
        return entry

    def entry(self, name: str) -> Entry:
        """A model by any of its names, or by a role.

        Raises:
            UnknownModel: No such model is served here.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownModel(
                f"The model '{name[:64]}' does not exist; GET /v1/models lists those that do.", param="model"
            ) from None


def _unfit(card: ModelCard, why: str) -> InvalidRequest:
    return InvalidRequest(f"Model '{card.name}' {why}.", param="model", code="model_not_supported")


def _unavailable(entry: Entry) -> ModelUnavailable:
    return ModelUnavailable(
        f"Model '{entry.card.name}' is {entry.status.state}.",
        retry_after=30 if entry.status.state == "failed" else 5,
        param="model",
    )


def _is_allowed(card: ModelCard, allowed: frozenset[str] | None) -> bool:
    return allowed is None or not allowed.isdisjoint((card.name, *card.aliases, *card.roles))


def _check_allowed(card: ModelCard, allowed: frozenset[str] | None) -> None:
    if not _is_allowed(card, allowed):
        raise PermissionDenied(f"Your API key may not use the model '{card.name}'.", param="model")
