"""localstripe, judged by the contract in `examples/`, and its corrupted webhooks and responses."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from corrupting_proxy import (
    ChangeRequest,
    ChangeResponse,
    ProxiedRequest,
    ProxiedResponse,
    proxied,
    unchanged_request,
)
from real_services import CREDENTIALS, EXAMPLES, running_localstripe
from support.processes import Run, verify

pytestmark = pytest.mark.integration

EXAMPLE = EXAMPLES / "localstripe"
FEW = ("--profile", "quick", "--operation", "createCustomer")
SOON = (*FEW, "--webhook-deadline", "4")
"""Options for webhooks of which some are lost: the run does not wait long for them."""
Payload = dict[str, Any]


def judge(
    python: str,
    port: int,
    directory: Path,
    change_delivery: ChangeRequest = unchanged_request,
    change_response: ChangeResponse | None = None,
    options: tuple[str, ...] = FEW,
) -> Run:
    """Judge localstripe, whose webhooks, or changed responses too, come through a proxy."""
    options = ("--config", str(EXAMPLE / "hookproof.toml"), "--no-saved-cases", *options)
    with (
        proxied(port, change_delivery) as receiver,
        running_localstripe(python, receiver) as service,
    ):
        if change_response is None:
            return verify(service, port, directory, *options, **CREDENTIALS)
        behind = urlsplit(service).port or 0
        with proxied(behind, change_response=change_response) as url:
            return verify(url, port, directory, *options, **CREDENTIALS)


def new_findings(run: Run) -> list[str]:
    """Return check and message of each finding that the baseline does not accept."""
    return [
        f"{found['check']}: {found['message']}"
        for found in run.report["findings"]
        if found["baseline_reason"] is None
    ]


def twice(request: ProxiedRequest) -> list[ProxiedRequest]:
    return [request, request]


def event(change: Callable[[Payload], object]) -> ChangeRequest:
    """Return the corruption that changes the event in place."""

    def corrupt(request: ProxiedRequest) -> list[ProxiedRequest]:
        payload = json.loads(request.body)
        change(payload)
        return [replace(request, body=json.dumps(payload).encode())]

    return corrupt


def customer(change: Callable[[Payload], object]) -> ChangeRequest:
    """Return the corruption that changes the customer of an event in place."""
    return event(lambda payload: change(payload["data"]["object"]))


def without_domain(found: Payload) -> None:
    found["email"] = (found["email"] or "").partition("@")[0]


def lost(_: ProxiedRequest) -> list[ProxiedRequest]:
    return []


def as_form(request: ProxiedRequest) -> list[ProxiedRequest]:
    headers = [(name, value) for name, value in request.headers if name.lower() != "content-type"]
    headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return [replace(request, headers=tuple(headers))]


WEBHOOKS: dict[str, tuple[ChangeRequest, str]] = {
    "a misspelt type": (
        event(lambda payload: payload.update(type="customer.create")),
        'webhook-event-name: .*"customer.create"',
    ),
    "an email without domain": (customer(without_domain), "webhook-echo: .*/data/object/email"),
    "metadata lost": (
        customer(lambda found: found["metadata"].clear()),
        "webhook-echo: .*/data/object/metadata",
    ),
    "another id": (
        customer(lambda found: found.update(id=f"{found['id']}x")),
        "webhook-echo: .*/data/object/id",
    ),
    "one id for all events": (
        event(lambda payload: payload.update(id="evt_1")),
        "webhook-(unique|sent): ",
    ),
    "a time as text": (
        event(lambda payload: payload.update(created=str(payload["created"]))),
        "webhook-schema: .*/created: .* is string, not integer",
    ),
    "no data": (event(lambda payload: payload.pop("data")), "webhook-schema: .*'data' is missing"),
    "another media type": (as_form, "webhook-media-type: "),
    "deliveries lost": (lost, "webhook-sent: no event arrived within 4 s"),
}
"""Corruption of the webhooks, and check and text of a finding that shows it."""


def answer(
    status: int, change: Callable[[Payload], object], new_status: int | None = None
) -> ChangeResponse:
    """Return the corruption that changes the body of each response with `status` in place."""

    def corrupt(_: ProxiedRequest, response: ProxiedResponse) -> ProxiedResponse:
        if response.status != status:
            return response
        body = json.loads(response.body)
        change(body)
        return replace(response, status=new_status or status, body=json.dumps(body).encode())

    return corrupt


RESPONSES: dict[str, tuple[ChangeResponse, str]] = {
    "201": (answer(200, lambda _: None, 201), "valid-request: .*got 201, expected 200"),
    "no name": (answer(200, lambda body: body.pop("name")), "response-schema: .*lacks 'name'"),
    "a truncated id": (
        answer(200, lambda body: body.update(id=body["id"][:-2])),
        "webhook-echo: .*/data/object/id",
    ),
    "another object": (
        answer(200, lambda body: body.update(object="account")),
        "response-schema: .*/object breaks const",
    ),
    "a bare error": (
        answer(401, lambda body: body.pop("error")),
        "response-schema: the 401 .*lacks 'error'",
    ),
    "a rejection with 200": (
        answer(401, lambda _: None, 200),
        "invalid-credential: .*the service accepts a request without a credential",
    ),
}
"""Corruption of the responses, and check and text of a finding that shows it."""


def test_localstripe_conforms_but_for_the_baseline(
    localstripe: str, port: int, tmp_path: Path
) -> None:
    run = judge(localstripe, port, tmp_path, options=())
    assert (new_findings(run), run.code) == ([], 0), run.out
    webhooks = run.report["webhooks"]
    assert webhooks["expected"] == webhooks["delivered"] > 500
    assert run.report["baseline"]["resolved"] == []


def test_a_delivery_may_come_twice(localstripe: str, port: int, tmp_path: Path) -> None:
    run = judge(localstripe, port, tmp_path, change_delivery=twice)
    assert (new_findings(run), run.code) == ([], 0), run.out


@pytest.mark.parametrize("corruption", WEBHOOKS)
def test_a_corrupted_webhook_is_named(
    corruption: str, localstripe: str, port: int, tmp_path: Path
) -> None:
    change, shown = WEBHOOKS[corruption]
    run = judge(localstripe, port, tmp_path, change_delivery=change, options=SOON)
    said = new_findings(run)
    assert any(re.search(shown, text) for text in said), said
    assert run.code == 1


@pytest.mark.parametrize("corruption", RESPONSES)
def test_a_corrupted_response_is_named(
    corruption: str, localstripe: str, port: int, tmp_path: Path
) -> None:
    change, shown = RESPONSES[corruption]
    run = judge(localstripe, port, tmp_path, change_response=change)
    said = new_findings(run)
    assert any(re.search(shown, text) for text in said), said
    assert run.code == 1
