"""Model name or role → open engine, and how every engine is doing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from jobai_server.engines.protocol import ModelCard, TextEngine
from jobai_server.errors import ModelUnavailable, PermissionDenied, UnknownModel

EngineState = Literal["starting", "ready", "restarting", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """How an engine is doing: since when (Unix time, seconds), restarts so far, and why it is not ready."""

    state: EngineState
    since: float
    restarts: int = 0
    reason: str = ""


@dataclass(slots=True)
class Entry:
    card: ModelCard
    status: EngineStatus
    engine: TextEngine | None = None


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
            ModelUnavailable: It is, but not at the moment.
        """
        entry = self._entry(role if model is None else model)
        _check_allowed(entry.card, allowed)
        if entry.engine is None:
            raise ModelUnavailable(
                f"Model '{entry.card.name}' is {entry.status.state}.",
                retry_after=30 if entry.status.state == "failed" else 5,
                param="model",
            )
        return entry.engine

    def card(self, model: str, allowed: frozenset[str] | None) -> ModelCard:
        """
        Raises:
            UnknownModel, PermissionDenied: As `text`.
        """
        card = self._entry(model).card
        _check_allowed(card, allowed)
        return card

    def cards(self, allowed: frozenset[str] | None) -> list[ModelCard]:
        """Every model that the caller may use."""
        return [entry.card for entry in self.entries.values() if _is_allowed(entry.card, allowed)]

    def _entry(self, name: str) -> Entry:
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownModel(
                f"The model '{name[:64]}' does not exist; GET /v1/models lists those that do.", param="model"
            ) from None


def _is_allowed(card: ModelCard, allowed: frozenset[str] | None) -> bool:
    return allowed is None or not allowed.isdisjoint((card.name, *card.aliases, *card.roles))


def _check_allowed(card: ModelCard, allowed: frozenset[str] | None) -> None:
    if not _is_allowed(card, allowed):
        raise PermissionDenied(f"Your API key may not use the model '{card.name}'.", param="model")
