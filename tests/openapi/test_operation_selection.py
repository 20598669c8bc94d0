"""Selection of operations: which a value names, and the contract that remains."""

from pathlib import Path
from typing import Any

import pytest
from support.many_operations import operation, path_parameter, write_contract
from support.parcels import parcels_contract

from openapi.contract import Contract
from openapi.operation_selection import OperationSelection, selected_document

PATHS: dict[str, dict[str, Any]] = {
    "/users": {"get": operation("listUsers"), "post": operation("addUser")},
    "/users/{id}": {
        "parameters": [path_parameter("id")],
        "get": operation("getUser"),
        "delete": operation("removeUser"),
    },
    "/health": {"get": operation("health")},
}


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return write_contract(tmp_path / "contract.json", PATHS)


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("getUser", {"getUser"}),
        ("GET", {"listUsers", "getUser", "health"}),
        ("delete", {"removeUser"}),
        ("/users", {"listUsers", "addUser"}),
        ("/users/{id}", {"getUser", "removeUser"}),
        ("/users/*", {"getUser", "removeUser"}),
        ("/users*", {"listUsers", "addUser", "getUser", "removeUser"}),
        ("GET /users", {"listUsers"}),
        ("get /users/*", {"getUser"}),
    ],
)
def test_a_value_names_an_id_a_method_a_path_or_a_pattern(
    value: str, ids: set[str], contract: Contract
) -> None:
    chosen = OperationSelection(only=(value,)).apply(contract)
    assert {o.id for o in chosen.operations} == ids
    rest = OperationSelection(excluded=(value,)).apply(contract)
    assert {o.id for o in rest.excluded} == ids
    assert {o.id for o in rest.operations} == {o.id for o in contract.operations} - ids


def test_several_values_add_up_and_an_exclusion_wins(contract: Contract) -> None:
    selection = OperationSelection(("/users/*", "health"), ("DELETE",))
    assert [o.id for o in selection.apply(contract).operations] == ["getUser", "health"]
    assert OperationSelection().apply(contract) is contract


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        (OperationSelection(("getUsr",)), "--operation: no operation matches 'getUsr'; did you "),
        (OperationSelection(("/user",)), "'/user'; did you mean '/users'"),
        (OperationSelection((), ("GET /health/*",)), "--exclude-operation: no operation matches"),
        (OperationSelection(("PATCH /users",)), "did you mean 'GET /users'|'PATCH /users'"),
        (OperationSelection(("%%",)), "known are listUsers, addUser, getUser, removeUser, health"),
        (OperationSelection((), ("/*",)), "leaves no operation: drop one of its values"),
    ],
)
def test_a_value_without_an_operation_is_an_error(
    selection: OperationSelection, sentence: str, contract: Contract
) -> None:
    with pytest.raises(ValueError, match=sentence.replace("*'", r"\*'")):
        selection.apply(contract)


def test_events_that_only_an_excluded_operation_triggers_are_left_out() -> None:
    contract = OperationSelection(excluded=("recallParcel",)).apply(parcels_contract())
    assert {event.name for event in contract.events} == {"parcel.booked", "parcel.amended"}
    reading = OperationSelection(only=("GET",)).apply(parcels_contract())
    assert reading.events == ()
    assert reading.find_creator(reading.operation("readParcel")) is None


def test_the_document_of_a_selection_has_only_its_paths(contract: Contract) -> None:
    reading = OperationSelection(("getUser",)).apply(contract)
    paths = selected_document(reading)["paths"]
    assert {path: [*item] for path, item in paths.items()} == {"/users/{id}": ["parameters", "get"]}
    assert reading.document["paths"] == contract.document["paths"]
