"""Own targets: which operations change something, and which targets a run creates."""

import json
from typing import Any

import pytest

from contracts.generators.parameters import names_nothing
from contracts.model.own_targets import OwnTargets
from openapi.loading.loader import load_contract
from openapi.operation_selection import OperationSelection
from openapi.parameters import path_parameter_names
from openapi.parsing.document_source import DocumentText

ITEM = {"type": "object", "properties": {"id": {"type": "string"}}}
BODY, PATH = "$response.body#/id", "$request.path.id"


def document(*stated: str, links: dict[str, dict[str, dict[str, str]]] | None = None) -> Any:
    """Return a contract with operations such as `POST /things 201`; its id is `post /things`.

    `links` has the links of each success: the id of an operation, and its path parameters.
    """
    paths: dict[str, dict[str, Any]] = {}
    for one in stated:
        method, path, status = one.split()
        name = f"{method.lower()} {path}"
        success = {
            "description": "",
            "content": {"application/json": {"schema": ITEM}},
            "links": {
                f"link{number}": {"operationId": target, "parameters": values}
                for number, (target, values) in enumerate((links or {}).get(name, {}).items())
            },
        }
        parameters = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in path_parameter_names(path)
        ]
        paths.setdefault(path, {})[method.lower()] = {
            "operationId": name,
            "parameters": parameters,
            "responses": {status: success},
        }
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}


def refused(made: Any, *untested: str, selection: OperationSelection | None = None) -> set[str]:
    """Return the ids of the operations that a run refuses."""
    contract = load_contract(DocumentText("contract.json", json.dumps(made)))
    if selection is not None:
        contract = selection.apply(contract)
    found = OwnTargets(contract, untested).refused()
    assert all(one.status == "not exercised" and not one.judged and one.hint for one in found)
    assert OwnTargets(contract, untested, allow_destructive=True).refused() == ()
    return {one.id for one in found}


LIST, MAKE, READ = "GET /things 200", "POST /things 201", "GET /things/{id} 200"
DROP, DROPPED = "DELETE /things/{id} 200", "delete /things/{id}"


@pytest.mark.parametrize(
    ("stated", "links", "expected"),
    {
        "no creator": ([DROP, READ], {}, {DROPPED}),
        "an inferred link": ([DROP, MAKE], {}, set()),
        "an inferred link to an action": ([MAKE, "POST /things/{id}/stop 200"], {}, set()),
        "a stated link": ([DROP, MAKE], {"post /things": {DROPPED: {"id": BODY}}}, set()),
        "a link from a list": ([DROP, LIST], {"get /things": {DROPPED: {"id": BODY}}}, {DROPPED}),
        "a link from the list and one from the creation": (
            [LIST, MAKE, DROP],
            {"get /things": {DROPPED: {"id": BODY}}, "post /things": {DROPPED: {"id": BODY}}},
            set(),
        ),
        "no path parameter": (
            ["PUT /settings 200", "PATCH /me 200"], {}, {"put /settings", "patch /me"}
        ),
        "actions": (
            ["POST /things/{id}/stop 200", "POST /things/{id} 200"],
            {},
            {"post /things/{id}/stop", "post /things/{id}"},
        ),
        "collections": (
            ["POST /things/{id}/parts 200", "GET /things/{id}/parts/{part} 200",
             "POST /things/{id}/notes 201"],
            {},
            set(),
        ),
        "a link to what was made": (
            ["POST /things/{id}/refund 200", "GET /refunds/{id} 200"],
            {"post /things/{id}/refund": {"get /refunds/{id}": {"id": BODY}}},
            set(),
        ),
        "a link to the item itself": (
            ["POST /things/{id}/stop 200", READ],
            {"post /things/{id}/stop": {"get /things/{id}": {"id": BODY}}},
            {"post /things/{id}/stop", "get /things/{id}"},
        ),
        "a creation that names the item of others": (
            ["POST /things/{id}/copies 201", DROP],
            {"post /things/{id}/copies": {DROPPED: {"id": BODY}}},
            {DROPPED},
        ),
        "a creator with an id of the client": (
            ["PUT /things/{id} 200", DROP],
            {"put /things/{id}": {DROPPED: {"id": PATH}}},
            {"put /things/{id}", DROPPED},
        ),
        "a name of the request": (
            [MAKE, DROP], {"post /things": {DROPPED: {"id": "$request.body#/name"}}}, set()
        ),
        "a reference of the request": (
            ["POST /parts 201", DROP],
            {"post /parts": {DROPPED: {"id": "$request.body#/thing"}}},
            {DROPPED},
        ),
        "a part of an item of others": (
            ["POST /things/{id}/parts 201", "DELETE /things/{id}/parts/{part} 200"], {}, set()
        ),
        "an item above an own part": (
            ["POST /things/{id}/parts 201", "DELETE /things/{id}/parts 200"],
            {"post /things/{id}/parts": {"delete /things/{id}/parts": {"id": PATH}}},
            {"delete /things/{id}/parts"},
        ),
    }.values(),
)  # fmt: skip
def test_a_run_refuses_what_it_cannot_create(
    stated: list[str], links: dict[str, dict[str, dict[str, str]]], expected: set[str]
) -> None:
    assert refused(document(*stated, links=links)) == expected


def test_a_creator_that_is_not_tested_creates_nothing() -> None:
    assert refused(document(DROP, MAKE), "post /things") == {DROPPED}
    left = OperationSelection(excluded=("post /things",))
    assert refused(document(DROP, MAKE, LIST), selection=left) == {DROPPED}


def test_only_some_texts_name_no_resource() -> None:
    nothing = ("hookproof-unknown", "hookproof", "no such value", "some", "2147482624")
    assert all(map(names_nothing, nothing))
    possible = ("12some", "1.5", "100", "a", "h", "hook", "DOOR", "", "..", "5000", None, ["some"])
    assert not any(map(names_nothing, possible))
