"""/v1/classifications/calibrations: fit probabilities to labelled examples; a key sees its own, an admin sees all."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from jobai_server.auth.caller import Caller
from jobai_server.classification.calibration.definition import definition_of
from jobai_server.classification.calibration.examples import Example, truth_of
from jobai_server.classification.calibration.record import CalibrationRecord, new_calibration_id
from jobai_server.classification.calibration.scoring import prepared, scored
from jobai_server.classification.calibration.trial import tried
from jobai_server.classification.task import on_one_line
from jobai_server.openai_format.calibrations import (
    CalibrationRequest,
    ListCalibrationsQuery,
    calibration_list,
    calibration_object,
    deleted_calibration,
    usage_object,
)
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.openai_format.sampling import check_context
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of, query_of
from jobai_server.web.metering import meter_of
from jobai_server.web.owner import owner
from jobai_server.web.routes.classifications import classification_task, seen_by
from jobai_server.web.state import WebState
from jobai_server.web.streaming import until_disconnect
from jobai_server.web.woken_engine import woken_text

router = APIRouter(prefix="/v1/classifications/calibrations", dependencies=[requires("client")])

CalibrationBody = Annotated[CalibrationRequest, Depends(body_of(CalibrationRequest))]
ListQuery = Annotated[ListCalibrationsQuery, Depends(query_of(ListCalibrationsQuery))]


@router.post("")
async def create_calibration(
    request: Request, body: CalibrationBody, caller: CallerDependency, state: StateDependency
) -> JSONResponse:
    record, usage = await until_disconnect(request, state.in_flight, _fitted(request, body, caller, state))
    await state.calibrations.add(record)
    return JSONResponse(_object(record) | {"usage": usage_object(usage)})


async def _fitted(
    request: Request, body: CalibrationRequest, caller: Caller, state: WebState
) -> tuple[CalibrationRecord, TokenUsage]:
    """The calibration, not stored yet, and what it took."""
    engine = await woken_text(state, body.model, "classification", caller)
    task = classification_task(body, engine)
    examples = [
        Example(one.text, tuple(map(on_one_line, one.right)), listed=one.categories is not None)
        for one in body.examples
    ]
    names = [category.name for category in task.categories]
    multi_label = task.method == "yes_no"
    truth = truth_of(examples, names, multi_label=multi_label)
    check_context(engine.card, len(body.instructions or ""), "instructions")
    await state.calibrations.store.check_room(caller.key_id)
    for number, example in enumerate(examples):
        check_context(engine.card, len(example.text), f"examples[{number}].text")
    parts = await prepared(engine, task, examples, state.priors)
    usage = TokenUsage(sum(part.prompt_tokens for part in parts))
    meter = meter_of(request)
    await meter.reserve(engine.card.name, usage, 0)
    scores = await scored(
        parts, f"calibrate-{secrets.token_hex(16)}", owner(caller, body), meter.times, multi_label=multi_label
    )
    trial = await asyncio.to_thread(tried, scores, truth, examples, multi_label=multi_label)
    record = CalibrationRecord(
        id=new_calibration_id(),
        owner=caller.key_id,
        created_at=time.time(),
        model=engine.card.name,
        fingerprint=engine.card.fingerprint,
        definition=definition_of(task),
        adjustment=trial.adjustment,
        report=trial.report(),
    )
    return record, usage


@router.get("")
async def list_calibrations(query: ListQuery, caller: CallerDependency, state: StateDependency) -> JSONResponse:
    records = await state.calibrations.store.list(seen_by(caller), limit=query.limit + 1, after=query.after)
    objects = [_object(record) for record in records[: query.limit]]
    return JSONResponse(calibration_list(objects, has_more=len(records) > query.limit))


@router.get("/{calibration}")
async def get_calibration(calibration: str, caller: CallerDependency, state: StateDependency) -> JSONResponse:
    return JSONResponse(_object(await state.calibrations.store.find(calibration, seen_by(caller))))


@router.delete("/{calibration}")
async def delete_calibration(calibration: str, caller: CallerDependency, state: StateDependency) -> JSONResponse:
    await state.calibrations.delete(calibration, seen_by(caller))
    return JSONResponse(deleted_calibration(calibration))


def _object(record: CalibrationRecord) -> dict[str, Any]:
    return calibration_object(
        record.id,
        record.created_at,
        record.model,
        record.definition,
        record.adjustment.as_json(),
        record.report,
    )
