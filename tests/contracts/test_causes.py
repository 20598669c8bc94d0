"""Causes: one mistake of a service is one root, two mistakes are two."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from support.signatures import signature_of

from contracts.judgement import GroupedFinding
from contracts.ledger.ledger import JudgedDelivery, Ledger, group_deliveries
from contracts.ledger.matching import reconcile
from contracts.model.case import SMOKE_TEST_PHASE, Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Credential, Exchange, ReceivedResponse
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from contracts.reporting.causes import find_roots
from contracts.run import find_faults
from openapi.json_pointer import set_at
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import judge

CONTRACT = load_contract()
(OPERATION,) = CONTRACT.operations
(EVENT,) = CONTRACT.events
PLACES = find_correlators(CONTRACT, OPERATION)
VALID = Credential("valid", "accepted", "Bearer token")
MISSING = Credential("missing", "refused", None)
FORBIDDEN = Credential("without the permission", "forbidden", "Bearer other")
RUN = "abc123"
SECRET = "a secret of the tests"
PLAIN = {"name": "x", "scopes": ["license:read"]}
INVALID = {"name": "x"}
NO_JSON = b"{"
SURROGATE = b'{"name": "hp-abc123 \\ud800", "scopes": ["license:read"]}'
SURROGATE_IN_SCOPES = b'{"name": "hp-abc123", "scopes": ["\\udfff"]}'
Sent = tuple[Any, Credential, int]
Payload = dict[str, Any]


def exchange(fresh: UniqueValues, number: int, sent: Sent) -> Exchange:
    body, credential, status = sent
    phase = SMOKE_TEST_PHASE if number == 0 else "of the test"
    case = Case(phase, f"case {number}", body, credential=credential)
    request = build_request(CONTRACT, OPERATION, PLACES, case, fresh.next(), VALID)
    headers = (("Content-Type", "application/json"),)
    content = {"accessToken": f"a-secret-{number:08}"} if status < 300 else {"message": "no"}
    response = ReceivedResponse(status, headers, json.dumps(content).encode())
    return Exchange(request, response, None, number, number + 0.5)


def payload_of(made: Exchange) -> Payload:
    """Return the correct payload for the exchange."""
    payload: Payload = json.loads(json.dumps(EVENT.examples[0]))
    value: Any = made.request.json.value
    for echo in EVENT.trigger["echoes"]:
        name = echo["from"].rpartition("/")[2]
        set_at(payload, echo["to"], value.get(name, echo.get("default")))
    set_at(payload, "/data/id", f"00000000-0000-4000-8000-{made.request.number:012}")
    return payload


def signature_headers(body: bytes) -> tuple[tuple[bytes, bytes], ...]:
    assert EVENT.signature is not None
    return (
        (EVENT.signature.header.encode(), signature_of(EVENT.signature, body, SECRET).encode()),
    )


def found(
    sent: Iterable[Sent],
    change: Callable[[Payload], None] | None = None,
    *,
    announces_all: bool = False,
) -> Mapping[str, tuple[GroupedFinding, str | None]]:
    """Return each finding by check and message, with the check of its root.

    With `change`, each success has an event with the changed payload; with `announces_all` each
    request has one.
    """
    fresh = UniqueValues(RUN, 1, datetime(2027, 1, 1, tzinfo=UTC))
    made = tuple(exchange(fresh, number, one) for number, one in enumerate(sent))
    bodies = []
    if change is not None:
        announced = [one for one in made if announces_all or (one.status or 0) < 300]
        for payload in map(payload_of, announced):
            change(payload)
            bodies.append(json.dumps(payload).encode())
    received = []
    for number, body in enumerate(bodies, 1):
        headers = ((b"Content-Type", b"application/json"), *signature_headers(body))
        delivery = Delivery(number, number, "POST", "/", headers, body, False, "127.0.0.1:1", 200)
        received.append(JudgedDelivery(delivery, judge(delivery, CONTRACT, SECRET)))
    events = group_deliveries(received, PLACES)
    settings = Settings(
        "http://127.0.0.1:1",
        RUN,
        1,
        token="token",
        webhooks=change is not None,
        webhook_secret=SECRET,
    )
    closed = reconcile(CONTRACT, made, events, {OPERATION.id: PLACES}, RUN)
    places = {OPERATION.id: PLACES}
    ledger = Ledger(CONTRACT, settings, made, tuple(received), closed, (), None, places)
    findings = [one for one in find_faults(ledger) if one.finding.check != "webhook-signature"]
    roots = find_roots(ledger, findings)
    by_id = {one.id: one for one in findings}
    return {
        f"{one.finding.check} {one.finding.message}": (
            one,
            by_id[roots[one.id]].finding.check if one.id in roots else None,
        )
        for one in findings
    }


def roots(findings: Mapping[str, tuple[GroupedFinding, str | None]]) -> list[str]:
    return sorted(one.finding.check for one, root in findings.values() if root is None)


def accepted(count: int) -> list[Sent]:
    return [(PLAIN, VALID, 201)] * count


def test_an_undocumented_status_of_an_error_handler_is_one_cause() -> None:
    findings = found([*accepted(2), (INVALID, VALID, 422), (NO_JSON, VALID, 422)])
    assert len(findings) == 2
    assert roots(findings) == ["invalid-request"]


def test_an_undocumented_status_for_two_documented_ones_is_two_causes() -> None:
    findings = found([*accepted(2), (INVALID, VALID, 422), (PLAIN, MISSING, 422)])
    assert roots(findings) == ["invalid-credential", "invalid-request"]


def test_documented_statuses_do_not_join_findings() -> None:
    findings = found([*accepted(2), (INVALID, VALID, 201), (NO_JSON, VALID, 201)])
    assert roots(findings) == ["invalid-request", "invalid-request"]


def test_errors_with_an_undocumented_success_status_are_one_cause() -> None:
    sent = [*accepted(2), (INVALID, VALID, 200), (NO_JSON, VALID, 200), (PLAIN, MISSING, 200)]
    assert len(roots(found(sent))) == 1
    # If plain requests get it too, an accepted invalid request is another fault.
    sent = [(PLAIN, VALID, 200), (INVALID, VALID, 200), (PLAIN, MISSING, 200)]
    assert roots(found(sent)) == ["invalid-credential", "invalid-request", "valid-request"]


def test_events_of_a_wrong_success_status_follow_from_it() -> None:
    findings = found([(PLAIN, VALID, 200)] * 3, lambda payload: None)
    assert roots(findings) == ["valid-request"]
    (root,) = (root for one, root in findings.values() if one.finding.check == "webhook-unexpected")
    assert root == "valid-request"


def test_a_null_at_one_place_is_one_cause_in_schema_and_echo() -> None:
    def change(payload: Payload) -> None:
        payload["data"]["revoked"] = None

    findings = found(accepted(3), change)
    assert {one.finding.check for one, _ in findings.values()} == {"webhook-schema", "webhook-echo"}
    assert roots(findings) == ["webhook-schema"]


def test_mistakes_at_two_places_are_two_causes() -> None:
    def change(payload: Payload) -> None:
        payload["data"]["revoked"] = None
        payload["data"]["name"] = payload["data"]["name"].upper()

    assert roots(found(accepted(3), change)) == ["webhook-echo", "webhook-schema"]


def test_another_naming_convention_is_one_cause_and_a_lost_property_another() -> None:
    def change(payload: Payload) -> None:
        payload["data"]["user_id"] = payload["data"].pop("userId")
        payload["triggered_at"] = payload.pop("triggeredAt")
        payload["data"]["user"]["organization"].pop("name")

    findings = found(accepted(3), change)
    assert len(findings) >= 3
    assert len(roots(findings)) == 2


def test_one_serialiser_of_dates_is_one_cause_and_a_date_in_another_form_another() -> None:
    def change(payload: Payload) -> None:
        payload["data"]["createdAt"] = "2027-01-01T00:00:00"
        payload["data"]["user"]["updatedAt"] = "2026-02-03T04:05:06"
        payload["data"]["updatedAt"] = "yesterday"

    findings = found(accepted(3), change)
    assert len(findings) == 3
    assert roots(findings) == ["webhook-schema", "webhook-schema"]


def test_crashes_by_the_same_trait_are_one_cause() -> None:
    crashes = [(SURROGATE, VALID, 500), (SURROGATE_IN_SCOPES, VALID, 500)]
    assert roots(found([*accepted(2), *crashes])) == ["server-error"]
    other = (NO_JSON, VALID, 500)
    assert roots(found([*accepted(2), crashes[0], other])) == ["server-error", "server-error"]


def test_events_that_nothing_can_match_are_one_cause() -> None:
    def change(payload: Payload) -> None:
        payload["event"] = "another"
        payload["data"] = {}

    findings = found(accepted(2), change)
    assert {"webhook-sent", "webhook-unexpected"} <= {f.finding.check for f, _ in findings.values()}
    assert roots(findings) == ["webhook-event-name"]


def test_events_of_rejected_requests_are_one_cause_even_if_some_have_no_mark() -> None:
    unmarked = ({"name": 8}, VALID, 400)

    def change(payload: Payload) -> None:
        if payload["data"]["name"] == 8:
            payload["data"] |= {"name": f"number {payload['data']['id']}", "scopes": []}

    rejected = ({**PLAIN, "revoked": 1}, VALID, 400)
    sent = [*accepted(1), rejected, *[unmarked] * 3]
    findings = found(sent, change, announces_all=True)
    told = [root for one, root in findings.values() if one.finding.check == "webhook-unexpected"]
    assert sorted(map(str, told)) == ["None", "webhook-unexpected"]


def test_no_check_of_credentials_is_one_cause() -> None:
    findings = found([*accepted(2), (PLAIN, MISSING, 201), (PLAIN, FORBIDDEN, 201)])
    assert roots(findings) == ["invalid-credential"]
    assert roots(found([*accepted(2), (PLAIN, FORBIDDEN, 201)])) == ["insufficient-permission"]


def test_a_violation_never_follows_from_a_warning() -> None:
    def change(payload: Payload) -> None:
        payload["data"]["revoked"] = None

    findings = found(accepted(3), change)
    for one, root in findings.values():
        if one.finding.severity == "violation" and root is not None:
            assert any(
                other.finding.severity == "violation"
                for other, _ in findings.values()
                if other.finding.check == root
            )


def test_the_simplest_case_has_the_fewest_differences() -> None:
    wrong = {"name": "x", "scopes": 1}
    small = {"name": "x", "scopes": 1, "more": 0}
    findings = found([*accepted(1), (small, VALID, 201), (wrong, VALID, 201)])
    (shown,) = (one for one, _ in findings.values() if "scopes/type" in one.finding.pointer)
    assert "(case 2)" in shown.finding.message
    assert len(shown.judgements) == 2


def test_the_plain_request_is_the_simplest_case() -> None:
    longer = {**PLAIN, "expiresAt": "2027-03-04T05:06:07Z"}
    findings = found([(PLAIN, VALID, 200), (longer, VALID, 200), (PLAIN, VALID, 200)])
    (shown,) = (one for one, _ in findings.values() if one.finding.check == "valid-request")
    assert "(case 0)" in shown.finding.message


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"revoked": None}, "sent null, which means false"),
        ({"revoked": False}, "sent false"),
        ({}, "sent no value there, which means false"),
    ],
)
def test_an_echo_finding_says_what_was_sent_and_what_it_means(
    sent: dict[str, Any], told: str
) -> None:
    def change(payload: Payload) -> None:
        payload["data"]["revoked"] = True

    findings = found([({**PLAIN, **sent}, VALID, 201)], change)
    ((shown, _),) = findings.values()
    assert shown.finding.message.endswith(told)
    assert "has true at /data/revoked (inverted);" in shown.finding.message


def test_null_has_no_explanation_that_repeats_it() -> None:
    def change(payload: Payload) -> None:
        payload["data"]["name"] = None

    messages = [one.finding.message for one, _ in found(accepted(1), change).values()]
    (echo,) = (message for message in messages if " at /data/name" in message)
    assert "has null at /data/name; " in echo


def test_a_finding_about_a_payload_has_the_value_and_its_delivery() -> None:
    def change(payload: Payload) -> None:
        payload["data"] |= {"id": "the same", "userId": "one user"}
        payload["data"]["user"]["id"] = "another"

    findings = {one.finding.check: one for one, _ in found(accepted(2), change).values()}
    shown = [findings[check].judgement for check in ("webhook-equal", "webhook-unique")]
    assert [one.received for one in shown] == ['"another"', '"the same"']
    assert shown[0].expected == '"one user" at /data/user/id'
    assert all(one.judged_delivery is not None for one in shown)
