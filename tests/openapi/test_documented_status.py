"""Statuses that a contract documents: a code wins over its range, a range over `default`."""

import pytest
from support.notes import notes_contract

from openapi.contract import Operation

RANGES = """
        "201": {<<: *note, x-hookproof-cause: {kind: valid-request, source: docs}}
        "4XX": {<<: *error, x-hookproof-cause: {kind: invalid-request, source: docs}}
        "404": {<<: *error, x-hookproof-cause: {kind: unknown-resource, source: docs}}
        default: {<<: *error, x-hookproof-cause: {kind: server-error, source: docs}}
"""
SEVERAL = """
        "422": {<<: *error, x-hookproof-cause: {kind: invalid-request, source: docs}}
        "2XX": {<<: *note, x-hookproof-cause: {kind: valid-request, source: docs}}
        "200": {<<: *note, x-hookproof-cause: {kind: valid-request, source: docs}}
        "400": {<<: *error, x-hookproof-cause: {kind: invalid-request, source: docs}}
"""


def operation(responses: str) -> Operation:
    return notes_contract(responses).operations[0]


@pytest.mark.parametrize(
    ("status", "key"),
    [(201, "201"), (404, "404"), (400, "4XX"), (499, "4XX"), (200, "default"), (503, "default")],
)
def test_the_nearest_response_documents_a_status(status: int, key: str) -> None:
    response = operation(RANGES).response_for(status)
    assert response is not None
    assert response.status == key


def test_no_response_documents_a_status_without_range_and_default() -> None:
    assert operation(SEVERAL).response_for(500) is None


@pytest.mark.parametrize(
    ("kind", "allowed", "others", "usual", "text"),
    [
        ("valid-request", [201], [200, 400], 201, "201"),
        ("invalid-request", [400, 422, 429], [404, 201, 500], 400, "4XX"),
        ("unknown-resource", [404], [400], 404, "404"),
        ("server-error", [500, 503], [404, 200, 302], 500, "5XX (default)"),
        ("duplicate-request", [], [400, 409], None, ""),
    ],
)
def test_a_range_and_default_document_a_cause(
    kind: str, allowed: list[int], others: list[int], usual: int | None, text: str
) -> None:
    stated = operation(RANGES)
    assert all(stated.allows_cause(kind, status) for status in allowed)
    assert not any(stated.allows_cause(kind, status) for status in (*others, None))
    assert (stated.status_caused_by(kind), stated.status_text(kind)) == (usual, text)
    assert set(allowed) <= set(stated.statuses_caused_by(kind))


def test_several_responses_document_one_cause() -> None:
    stated = operation(SEVERAL)
    assert stated.status_text("invalid-request") == "422 or 400"
    assert all(stated.allows_cause("invalid-request", status) for status in (400, 422))
    assert stated.status_text("valid-request") == "200 or 2XX"
    assert all(stated.allows_cause("valid-request", status) for status in (200, 201, 202))
    assert stated.status_caused_by("valid-request") == 200


def test_a_range_for_the_rate_limit_documents_no_other_rejection() -> None:
    text = RANGES.replace("kind: invalid-request", "kind: rate-limit-exceeded")
    stated = operation(text)
    assert stated.statuses_caused_by("rate-limit-exceeded") == (429,)


@pytest.mark.parametrize("status", ["201", "2XX"])
def test_an_event_is_triggered_by_a_code_or_a_range(status: str) -> None:
    contract = notes_contract(SEVERAL, status=status)
    (event,) = contract.events_triggered_by("createNote", 201)
    assert event is contract.events[0]
    assert not contract.events_triggered_by("createNote", 400)
    triggering = contract.triggering_response(event)
    assert triggering is not None
    assert triggering.status == ("200" if status == "2XX" else "2XX")


@pytest.mark.parametrize(
    "value", ["$request.header.Other", "$request.query.key", "$response.body#/id"]
)
def test_a_duplicate_value_must_be_in_the_body_or_a_parameter(value: str) -> None:
    cause = f"{{kind: duplicate-request, duplicate-values: ['{value}'], source: docs}}"
    responses = f"{RANGES}        '409': {{<<: *error, x-hookproof-cause: {cause}}}\n"
    messages = [complaint.message for complaint in notes_contract(responses).complaints]
    assert any("is neither in the request body nor a parameter" in said for said in messages)
