"""Loading: an invalid contract is rejected with the place of its error."""

import re
from pathlib import Path

import pytest
from support.processes import TESTS

from mock_server.middleware.connexion_adapter import routing_document
from openapi.loading.loader import default_contract_path, load_contract, parse_contract
from openapi.loading.yaml_source import ContractError

GOOD = default_contract_path().read_text(encoding="utf-8")

BROKEN = {
    "a duplicate key": (
        "info:\n",
        "info:\n  title: twice\n",
        "duplicate key 'title'",
    ),
    "an unknown schema keyword": (
        "minLength: 1\n          maxLength",
        "minLenght: 1\n          maxLength",
        "did you mean 'minLength'?",
    ),
    "an unknown extension": (
        "x-hookproof-rate-limit:",
        "x-hookproof-rate-limits:",
        "did you mean 'x-hookproof-rate-limit'?",
    ),
    "a format without a checker": (
        "format: date-time\n          x-hookproof-provenance: {type",
        "format: duration\n          x-hookproof-provenance: {type",
        "unknown format 'duration'",
    ),
    "a source that is not there": (
        "x-hookproof-provenance: sdk\n",
        "x-hookproof-provenance: hearsay\n",
        "'hearsay' is not a source",
    ),
    "a reference to nothing": ('schemas/Metadata"', 'schemas/Metadatum"', "there is nothing at"),
    "a trigger of no operation": (
        "operation: createPersonalAccessToken",
        "operation: createToken",
        "there is no operation 'createToken'",
    ),
    "another version": ("openapi: 3.1.0", "openapi: 3.0.3", "does not match"),
    "no YAML": ("openapi: 3.1.0", "openapi: [", "not YAML"),
    "a nest without end": ("openapi: 3.1.0", f"openapi: {'[' * 100_000}", "nested deeper than 100"),
    "aliases of aliases": (
        "openapi: 3.1.0\n",
        "openapi:\n- &a0 [x, x]\n"
        + "".join(f"- &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)),
        "more than 1000000 values",
    ),
    "a chain of aliases": (
        "openapi: 3.1.0\n",
        "openapi:\n- &a0 [x]\n" + "".join(f"- &a{n + 1} [*a{n}]\n" for n in range(5000)),
        "nested deeper than 100",
    ),
    "an anchor in itself": ("openapi: 3.1.0", "openapi: &a [*a]", "an alias that contains itself"),
    "another algorithm": ("algorithm: hmac-sha256", "algorithm: md5", "'md5' is not one of"),
}


PARCELS = (TESTS / "data" / "parcels.yaml").read_text(encoding="utf-8")
MISFITS = {
    "a path parameter that is not stated": (
        'parameters:\n      - $ref: "#/components/parameters/ParcelNumber"\n    get',
        "get",
        "the path has 'parcelNumber', but there is no path parameter of this name",
    ),
    "a path parameter that the path lacks": (
        "name: rehearsal\n          in: query",
        "name: rehearsal\n          required: true\n          in: path",
        "the path /v1/parcels has no {rehearsal}",
    ),
    "a path parameter that may be left out": (
        "in: path\n      required: true",
        "in: path",
        "a path parameter needs `required: true`",
    ),
    "a link to no operation": (
        "toRead: {operationId: readParcel",
        "toRead: {operationId: readParcels",
        "there is no operation 'readParcels'",
    ),
    "a link for no parameter": (
        "readParcel, parameters: {parcelNumber:",
        "readParcel, parameters: {number:",
        "readParcel has no path parameter 'number'",
    ),
    "two events of one answer": (
        'operation: amendParcel\n        status: "200"',
        'operation: recallParcel\n        status: "204"',
        "triggers another event",
    ),
    "a unique string where none can be put": (
        "correlator: identity\n            source: handbook\n          - from: $request.query",
        "correlator: unique-string\n            source: handbook\n          - from: $request.query",
        "needs an echo from `$request.body`",
    ),
    "a signature without the header that it signs": (
        "        timestamp-header: webhook-timestamp\n        tolerance: 300\n",
        "",
        "'timestamp-header' is a required property",
    ),
    "an order by nothing": (
        "occurred-at: /stampedAt",
        "occurred-at: /stamped",
        "the payload schema has no date-time at /stamped",
    ),
    "an order by no date-time": (
        "occurred-at: /sealedAt",
        "occurred-at: /parcel/addressee/label",
        "the payload schema has no date-time at /parcel/addressee/label",
    ),
    "a signature of nothing": ("{id}.{timestamp}.{body}", "{id}.{timestamp}", "does not match"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_rejects_an_inconsistent_contract(name: str) -> None:
    old, new, sentence = MISFITS[name]
    assert old in PARCELS
    with pytest.raises(ContractError) as refusal:
        parse_contract("broken.yaml", PARCELS.replace(old, new))
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_rejects_a_cycle_of_links() -> None:
    path = "{parcelNumber: $request.path.parcelNumber}"
    links = "          links:\n            again: {operationId: %s, parameters: " + path + "}\n"
    circle = re.sub(r"^ {12}to[RA]", "            # ", PARCELS, flags=re.MULTILINE)
    circle = circle.replace("          links:\n", "", 1)
    for asked, linked in (("readParcel", "amendParcel"), ("amendParcel", "readParcel")):
        at = circle.index('        "404"', circle.index(f"operationId: {asked}\n"))
        circle = circle[:at] + links % linked + circle[at:]
    with pytest.raises(ContractError, match="the links form a cycle"):
        parse_contract("broken.yaml", circle)


@pytest.mark.parametrize("name", BROKEN)
def test_rejects_an_invalid_contract_with_its_place(name: str) -> None:
    old, new, sentence = BROKEN[name]
    assert old in GOOD
    with pytest.raises(ContractError) as refusal:
        parse_contract("broken.yaml", GOOD.replace(old, new))
    text = str(refusal.value)
    assert sentence in text
    assert re.match(r"broken\.yaml:\d+:\d+", text)
    assert "\n" not in text


def test_rejects_a_constraint_without_provenance() -> None:
    stated = "required: [message]\n      x-hookproof-provenance: sdk\n"
    text = GOOD.replace(stated, "required: [message]\n")
    assert text != GOOD
    with pytest.raises(ContractError, match="a constraint without x-hookproof-provenance"):
        parse_contract("broken.yaml", text)


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
