"""Loading: an invalid contract is rejected with the place of its error."""

import re
from pathlib import Path

import pytest
from support.processes import TESTS

from mock_server.middleware.connexion_adapter import routing_document
from openapi.complaint import ContractError
from openapi.loading.loader import (
    default_contract_path,
    load_contract,
    parse_contract,
    parse_document,
)

GOOD = default_contract_path().read_text(encoding="utf-8")

UNREADABLE = {
    "a duplicate key": ("info:\n", "info:\n  title: twice\n", "duplicate key 'title'"),
    "version 2.0": ("openapi: 3.1.0", 'swagger: "2.0"', "hookproof reads OpenAPI 3.0 and 3.1"),
    "no YAML": ("openapi: 3.1.0", "openapi: [", "not YAML"),
    "a nest without end": ("openapi: 3.1.0", f"openapi: {'[' * 100_000}", "nested deeper than 200"),
    "aliases of aliases": (
        "openapi: 3.1.0\n",
        "openapi:\n- &a0 [x, x]\n"
        + "".join(f"- &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)),
        "more than 1000000 values",
    ),
    "a chain of aliases": (
        "openapi: 3.1.0\n",
        "openapi:\n- &a0 [x]\n" + "".join(f"- &a{n + 1} [*a{n}]\n" for n in range(5000)),
        "nested deeper than 200",
    ),
    "an anchor in itself": ("openapi: 3.1.0", "openapi: &a [*a]", "an alias that contains itself"),
}
PARCELS = (TESTS / "data" / "parcels.yaml").read_text(encoding="utf-8")
FAULTS = {
    "an unknown extension": (
        GOOD,
        "x-hookproof-rate-limit:",
        "x-hookproof-rate-limits:",
        "did you mean 'x-hookproof-rate-limit'?",
    ),
    "a source that is not there": (
        GOOD,
        "x-hookproof-provenance: sdk\n",
        "x-hookproof-provenance: hearsay\n",
        "'hearsay' is not a source",
    ),
    "a reference to nothing": (
        GOOD,
        'schemas/Metadata"',
        'schemas/Metadatum"',
        "there is nothing at",
    ),
    "a trigger of no operation": (
        GOOD,
        "operation: createPersonalAccessToken",
        "operation: createToken",
        "there is no operation 'createToken'",
    ),
    "another algorithm": (
        GOOD,
        "algorithm: hmac-sha256",
        "algorithm: md5",
        "'md5' is not one of",
    ),
    "a constraint without provenance": (
        GOOD,
        "\n  schemas:\n",
        "\n  schemas:\n    Unused: {type: string}\n",
        "a constraint without x-hookproof-provenance",
    ),
    "a path parameter that is not stated": (
        PARCELS,
        'parameters:\n      - $ref: "#/components/parameters/ParcelNumber"\n    get',
        "get",
        "the path has 'parcelNumber', but there is no path parameter of this name",
    ),
    "a path parameter that the path lacks": (
        PARCELS,
        "name: rehearsal\n          in: query",
        "name: rehearsal\n          required: true\n          in: path",
        "the path /v1/parcels has no {rehearsal}",
    ),
    "a unique string where none can be put": (
        PARCELS,
        "correlator: identity\n            source: handbook\n          - from: $request.query",
        "correlator: unique-string\n            source: handbook\n          - from: $request.query",
        "needs an echo from `$request.body`",
    ),
    "a signature without the header that it signs": (
        PARCELS,
        "        timestamp-header: webhook-timestamp\n        tolerance: 300\n",
        "",
        "'timestamp-header' is a required property",
    ),
    "an order by nothing": (
        PARCELS,
        "occurred-at: /stampedAt",
        "occurred-at: /stamped",
        "the payload schema has no date-time at /stamped",
    ),
    "an order by no date-time": (
        PARCELS,
        "occurred-at: /sealedAt",
        "occurred-at: /parcel/addressee/label",
        "the payload schema has no date-time at /parcel/addressee/label",
    ),
    "a signature of nothing": (
        PARCELS,
        "{id}.{timestamp}.{body}",
        "{id}.{timestamp}",
        "does not match",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_place_and_leaves_out_what_lies_there(name: str) -> None:
    text, old, new, sentence = FAULTS[name]
    assert old in text
    loaded = parse_document("broken.yaml", text.replace(old, new))
    found = [c for c in loaded.contract.complaints if sentence in c.message]
    assert found
    assert {complaint.level for complaint in found} == {"error"}
    assert re.match(r"broken\.yaml:\d+:\d+ \(/", loaded.place(found[0]))
    assert loaded.contract.operations


@pytest.mark.parametrize("name", UNREADABLE)
def test_rejects_what_is_no_document_with_its_place(name: str) -> None:
    old, new, sentence = UNREADABLE[name]
    assert old in GOOD
    with pytest.raises(ContractError) as refusal:
        parse_contract("broken.yaml", GOOD.replace(old, new))
    text = str(refusal.value)
    assert sentence in text
    assert re.match(r"broken\.yaml:\d+:\d+", text)
    assert "\n" not in text


def test_a_broken_reference_of_a_path_item_leaves_out_its_operations() -> None:
    text = PARCELS.replace("paths:\n", "paths:\n  /v1/labels: {$ref: nowhere.yaml}\n", 1)
    contract = parse_contract("broken.yaml", text)
    (complaint,) = contract.complaints
    assert (complaint.rule, complaint.disables) == ("reference", "operation")
    assert "'nowhere.yaml' is another file, and the document is no file" in complaint.message
    assert len(contract.operations) == len(parse_contract("good.yaml", PARCELS).operations)


def test_a_value_of_another_type_leaves_out_what_it_should_be() -> None:
    for old, new, disabled in (
        ("  /v1/parcels:\n", "  /v1/parcels:\n    put: []\n", "operation"),
        ("  parcel.booked:\n", "  parcel.lost: none\n  parcel.booked:\n", "webhook"),
        ("schema: {$ref: \"#/components/schemas/Shelf\"}", "schema: Shelf", "constraint"),
    ):  # fmt: skip
        assert old in PARCELS
        (complaint,) = parse_contract("broken.yaml", PARCELS.replace(old, new)).complaints
        assert (complaint.rule, complaint.disables) == ("wrong-type", disabled)


def test_a_link_by_the_pointer_of_its_operation_is_followed() -> None:
    text = PARCELS.replace(
        "{operationId: readParcel,",
        '{operationRef: "#/paths/~1v1~1parcels~1%7BparcelNumber%7D/get",',
    )
    contract = parse_contract("parcels.yaml", text)
    assert contract.complaints == ()
    found = contract.find_creator(contract.operation("readParcel"))
    assert found is not None
    assert found[0].id == "bookParcel"


def test_leaves_out_a_link_that_closes_a_cycle() -> None:
    path = "{parcelNumber: $request.path.parcelNumber}"
    links = "          links:\n            again: {operationId: %s, parameters: " + path + "}\n"
    circle = re.sub(r"^ {12}to[RA]", "            # ", PARCELS, flags=re.MULTILINE)
    circle = circle.replace("          links:\n", "", 1)
    for asked, linked in (("readParcel", "amendParcel"), ("amendParcel", "readParcel")):
        at = circle.index('        "404"', circle.index(f"operationId: {asked}\n"))
        circle = circle[:at] + links % linked + circle[at:]
    contract = parse_contract("broken.yaml", circle)
    above = [contract.operation("readParcel")]
    while (made := contract.find_creator(above[-1])) is not None:
        assert made[0] not in above
        above.append(made[0])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"openapi: \x00"])
def test_rejects_a_file_that_is_no_contract_text(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_bytes(content)
    with pytest.raises(ContractError, match=r"^.*contract\.yaml: .*$"):
        load_contract(path)


def test_rejects_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="No such file"):
        load_contract(tmp_path / "nowhere.yaml")


def test_dates_and_status_codes_stay_strings() -> None:
    contract = load_contract()
    assert all(isinstance(status, str) for status in contract.operations[0].responses)
    assert contract.events[0].examples[0]["data"]["createdAt"].startswith("2026-")


def test_the_routing_document_has_operations_without_bodies() -> None:
    lowered = routing_document(load_contract())
    assert lowered["openapi"] == "3.0.3"
    stated = lowered["paths"]["/v3/personal-access-tokens"]["post"]
    assert stated["operationId"] == load_contract().operations[0].id
    assert "requestBody" not in stated
    assert "components" not in lowered
