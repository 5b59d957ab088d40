from __future__ import annotations

import time
from typing import Literal

import pytest
from tests.stand_in_embedding import StandInEmbedding
from tests.stand_in_engine import StandInEngine, stand_in_card

from jobai_server.engines.catalog import Catalog, EngineStatus
from jobai_server.errors import InvalidRequest, ModelUnavailable, PermissionDenied, UnknownModel

WRITER = stand_in_card(name="writer", aliases=("gpt-4",), roles=("primary",))
JUDGE = stand_in_card(name="judge", aliases=(), roles=("classification", "moderation"))
VECTORS = stand_in_card(name="vectors", aliases=(), roles=("embedding",))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog.of({"writer": WRITER, "judge": JUDGE})


def test_engines_are_starting_at_first(catalog: Catalog) -> None:
    assert {entry.status.state for entry in catalog.entries.values()} == {"starting"}
    assert catalog.cards(None) == [WRITER, JUDGE]


@pytest.mark.parametrize(
    ("asked", "found"),
    [("writer", "writer"), ("gpt-4", "writer"), ("primary", "writer"), ("judge", "judge"), ("moderation", "judge")],
)
def test_engine_goes_by_its_names_and_its_roles(catalog: Catalog, asked: str, found: str) -> None:
    engines = {name: StandInEngine() for name in catalog.entries}
    for name, engine in engines.items():
        catalog.entries[name].engine = engine
    assert catalog.text(asked, role="primary", allowed=None) is engines[found]
    assert catalog.card(asked, None).name == found


@pytest.mark.parametrize(("role", "found"), [("primary", "writer"), ("classification", "judge")])
def test_no_model_is_the_one_of_the_role(catalog: Catalog, role: str, found: str) -> None:
    engine = catalog.entries[found].engine = StandInEngine()
    assert catalog.text(None, role=role, allowed=None) is engine


@pytest.mark.parametrize("asked", ["", "Writer", "writer ", "../writer", "embedding", "x" * 10_000])
def test_unknown_model_is_named_and_shortened(catalog: Catalog, asked: str) -> None:
    with pytest.raises(UnknownModel) as refused:
        catalog.text(asked, role="primary", allowed=None)
    assert refused.value.param == "model"
    assert f"'{asked[:64]}'" in refused.value.message
    assert len(refused.value.message) < 200


def test_card_of_an_unknown_model_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UnknownModel):
        catalog.card("unheard-of", None)


@pytest.mark.parametrize("state", ["starting", "restarting", "failed", "stopped"])
def test_model_without_an_engine_is_unavailable_for_now(
    catalog: Catalog, state: Literal["starting", "restarting", "failed", "stopped"]
) -> None:
    catalog.entries["writer"].status = EngineStatus(state, time.time(), reason="a secret path")
    with pytest.raises(ModelUnavailable, match=f"'writer' is {state}") as refused:
        catalog.text("gpt-4", role="classification", allowed=None)
    assert refused.value.retry_after >= 1
    assert "secret" not in refused.value.message


def test_failed_model_is_to_be_tried_later_than_a_starting_one(catalog: Catalog) -> None:
    waits = []
    for state in ("starting", "failed"):
        catalog.entries["writer"].status = EngineStatus(state, time.time())
        with pytest.raises(ModelUnavailable) as refused:
            catalog.text("writer", role="primary", allowed=None)
        waits.append(refused.value.retry_after)
    assert waits[0] < waits[1]


@pytest.mark.parametrize("allowed", [{"writer"}, {"gpt-4"}, {"primary"}, {"unheard-of", "writer"}])
def test_any_name_of_a_model_allows_all_of_them(catalog: Catalog, allowed: set[str]) -> None:
    engine = catalog.entries["writer"].engine = StandInEngine()
    for asked in (None, "writer", "gpt-4", "primary"):
        assert catalog.text(asked, role="primary", allowed=frozenset(allowed)) is engine
    assert catalog.cards(frozenset(allowed)) == [WRITER]
    for asked in ("judge", "classification"):
        with pytest.raises(PermissionDenied) as refused:
            catalog.text(asked, role="primary", allowed=frozenset(allowed))
        assert refused.value.param == "model"
        with pytest.raises(PermissionDenied):
            catalog.card(asked, frozenset(allowed))
    with pytest.raises(UnknownModel):
        catalog.text("unheard-of", role="primary", allowed=frozenset(allowed))


def test_embedding_model_is_found_by_its_name_its_role_and_no_name() -> None:
    catalog = Catalog.of({"writer": WRITER, "vectors": VECTORS})
    with pytest.raises(ModelUnavailable, match="'vectors' is starting"):
        catalog.embedding(None, role="embedding", allowed=None)
    engine = catalog.entries["vectors"].embedding_engine = StandInEmbedding()
    for asked in (None, "vectors", "embedding"):
        assert catalog.embedding(asked, role="embedding", allowed=None) is engine
    with pytest.raises(PermissionDenied):
        catalog.embedding(None, role="embedding", allowed=frozenset({"writer"}))


def test_each_kind_of_model_is_refused_what_only_the_other_does() -> None:
    catalog = Catalog.of({"writer": WRITER, "vectors": VECTORS})
    with pytest.raises(InvalidRequest, match="served at /v1/embeddings and /v1/rerank") as refused:
        catalog.text("vectors", role="primary", allowed=None)
    assert (refused.value.param, refused.value.code) == ("model", "model_not_supported")
    with pytest.raises(InvalidRequest, match="served at /v1/chat/completions"):
        catalog.embedding("writer", role="embedding", allowed=None)
