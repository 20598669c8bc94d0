"""Contract of another shape in mock, sink and harness, which have no code for it."""

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.parcels import PATH, SECRET, mock, parcels_contract, token
from support.processes import Run, verify

from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from openapi.signatures.message import Message
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
STOREYS = ("contracts", "hookproof", "mock_server", "openapi", "webhook_sink")
CONTRACT = parcels_contract()
NOT_GIVEN = "no token that is not yet valid was given: pass --token-not-yet-valid"


def judged(directory: Path, contract: Path = PATH) -> Run:
    """Verify the mock of `contract` against the parcels contract."""
    tokens = {
        "HOOKPROOF_TOKEN": token(),
        "HOOKPROOF_TOKEN_WITHOUT_PERMISSION": token("--scope", "parcels:nothing"),
        "HOOKPROOF_TOKEN_EXPIRED": token("--expires-in", "-60"),
        "HOOKPROOF_WEBHOOK_SECRET": SECRET,
    }
    port = free_port()
    options = ["--contract", str(PATH), "--profile", "quick", "--webhook-deadline", "3"]
    options += ["--allow-destructive"]
    with mock(f"http://127.0.0.1:{port}/", contract=contract) as url:
        return verify(url, port, directory, *options, **tokens)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return judged(tmp_path_factory.mktemp("conforming"))


def test_the_mock_of_another_contract_conforms_to_it(run: Run) -> None:
    assert (run.code, run.report["verdict"], run.report["findings"]) == (0, "conforms", []), run.out
    assert run.report["undecided"] == [NOT_GIVEN]


def test_every_documented_status_of_every_operation_is_seen(run: Run) -> None:
    documented = {f"{o.id} {status}" for o in CONTRACT.operations for status in o.responses}
    assert {name for name, state in run.report["statuses"].items() if state["seen"]} == documented


def test_every_event_is_matched_and_verified(run: Run) -> None:
    webhooks = run.report["webhooks"]
    statuses = run.report["statuses"]
    fired = [f"{e.trigger['operation']} {e.trigger['status']}" for e in CONTRACT.events]
    assert webhooks["expected"] == sum(statuses[name]["seen"] for name in fired)
    assert webhooks["expected"] == webhooks["delivered"] == webhooks["verified"]
    assert webhooks["unexpected"] == 0
    shown = {delivery["event"] for delivery in run.report["deliveries"]}
    assert shown == {event.name for event in CONTRACT.events}


def test_every_constraint_of_parameters_and_webhooks_is_enforced(run: Run) -> None:
    constraints = run.report["constraints"]
    for place in ("/parameters/", "/webhooks/", "x-hookproof-signature"):
        assert len([c for c in constraints if place in c["pointer"]]) > 1
    untried = [c for c in constraints if c["status"] != "enforced"]
    assert {c["detail"] for c in untried if "/parameters/" in c["pointer"]} == set()
    assert {c["kind"] for c in untried} <= {"security", "request"}
    assert {c["detail"] for c in untried if c["kind"] == "security"} == {"not yet valid"}


BROKEN = {
    "404 is another status": ('        "404":', '        "410":'),
    "a bound of a parameter": ("maximum: 50}", "maximum: 51}"),
    "a parameter that must be there": (
        "required: true\n          schema: {type: string, enum: [lost",
        "required: false\n          schema: {type: string, enum: [lost",
    ),
    "an echo of a parameter": ("from: $request.query.whyRecalled", "from: $request.query.nothing"),
    "a signature's prefix": ('prefix: "sha256="', 'prefix: "sha256:"'),
    "an unknown property is taken": ("minProperties: 1\n      additionalProperties: false", ""),
}


def test_each_difference_from_the_contract_is_found(tmp_path: Path) -> None:
    text = PATH.read_text(encoding="utf-8")
    for old, new in BROKEN.values():
        assert old in text
        text = text.replace(old, new)
    other = tmp_path / "other.yaml"
    other.write_text(text, encoding="utf-8")
    run = judged(tmp_path / "report", other)
    assert run.code == 1, run.out
    found = {(f["check"], f["pointer"].rpartition("/paths")[2]) for f in run.report["findings"]}
    delete, shelf = "/~1v1~1parcels~1{parcelNumber}/delete", "/~1v1~1parcels/get"
    amendment = "/components/schemas/Amendment"
    for method in ("get", "patch", "delete"):
        answer = f"/~1v1~1parcels~1{{parcelNumber}}/{method}/responses/404/x-hookproof-cause"
        assert ("unknown-resource", answer) in found
    assert ("invalid-request", f"{shelf}/parameters/0/schema/maximum") in found
    assert ("invalid-request", f"{delete}/parameters/0/required") in found
    assert ("invalid-request", f"{amendment}/minProperties") in found
    assert ("invalid-request", f"{amendment}/additionalProperties") in found
    assert ("webhook-echo", "/webhooks/parcel.recalled/post/x-hookproof-trigger/echoes/1") in found
    assert {"webhook-signature"} == {
        c for c, p in found if p.endswith("BookingSeal/x-hookproof-signature")
    }


def deliver(sink: Sink, name: str, payload: bytes, by: str) -> Any:
    """Deliver `payload`, signed with the scheme of event `by`; return the sink's verdict."""
    event = next(event for event in CONTRACT.events if event.name == by)
    assert event.signature is not None
    after = len(sink.deliveries())
    seal = event.signature.signed_headers(
        Message(payload), SECRET, name, 0 if name == "old" else time.time()
    )
    headers = {"content-type": "application/json", **dict(seal)}
    assert httpx.post(sink.url, content=payload, headers=headers).status_code == 200
    (delivery,) = sink.deliveries(after=after)
    return sink.judge(delivery)


def test_the_sink_verifies_each_event_with_its_signature_scheme() -> None:
    amended = b'{"topic": "parcel.amended", "stampedAt": "2026-01-01T00:00:00Z"}'
    with Sink(CONTRACT, SECRET) as sink:
        good = deliver(sink, "msg_1", amended, "parcel.amended")
        assert (good.signature, good.findings) == ("valid", ())
        other = deliver(sink, "msg_2", amended, "parcel.booked")
        assert other.signature == "missing"
        assert "there is no webhook-signature header" in other.findings[0].message
        old = deliver(sink, "old", amended, "parcel.amended")
        assert "differs from the arrival" in old.findings[0].message
        unnamed = deliver(sink, "msg_3", b"{}", "parcel.amended")
        assert unnamed.signature == "valid"
        # The pointer of the first of the two events with this signature scheme.
        assert unnamed.findings[0].pointer.startswith("/components/schemas/RecalledNotice")


NAMING = ("properties", "schemas", "webhooks", "parameters", "links")


def names(value: Any, above: str = "") -> Iterator[str]:
    """Yield the names of properties, parameters, operations, events and schemas."""
    if isinstance(value, dict):
        for key, item in value.items():
            if above in NAMING:
                yield key
            if key in ("name", "operationId") and isinstance(item, str):
                yield item
            if key not in ("example", "examples", "x-hookproof-sources", "securitySchemes"):
                yield from names(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from names(item)


def literals(source: str) -> Iterator[str]:
    """Yield every string of `source` except docstrings."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def test_the_product_has_no_code_for_the_parcels_contract() -> None:
    own = set(names(CONTRACT.document)) - set(names(load_contract().document))
    own |= {name.partition(".")[0] for name in own}
    # A style of parameters, a header that often names an event, and a name that is often unique.
    own -= {"label", "topic", "slug"}
    assert {"parcelNumber", "whyRecalled", "perShelf", "parcel.booked", "inWords"} <= own
    statuses = {status for o in CONTRACT.operations for status in o.responses}
    statuses -= {status for o in load_contract().operations for status in o.responses}
    assert "422" in statuses
    statuses -= {"200", "404", "422"}  # a document without extensions names causes by statuses
    found = {
        (path.name, text)
        for storey in STOREYS
        for path in sorted((ROOT / storey).rglob("*.py"))
        for text in literals(path.read_text(encoding="utf-8"))
        if text in statuses or own & {text, *re.findall(r"[A-Za-z0-9.-]+", text)}
    }
    assert found == set()
