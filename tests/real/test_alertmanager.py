"""Prometheus Alertmanager, judged by the contract in `examples/`, and its corrupted webhooks."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from corrupting_proxy import ChangeRequest, ProxiedRequest, proxied
from real_services import EXAMPLES, running_alertmanager
from support.processes import Run, verify

pytestmark = pytest.mark.integration

EXAMPLE = EXAMPLES / "alertmanager"
Alert = dict[str, Any]
Notification = dict[str, Any]


def judge(command: str, port: int, directory: Path, change: ChangeRequest, *options: str) -> Run:
    """Judge Alertmanager, whose notifications reach the run through a proxy."""
    options = ("--config", str(EXAMPLE / "hookproof.toml"), "--no-saved-cases", *options)
    with (
        proxied(port, change) as receiver,
        running_alertmanager(command, f"{receiver}/alerts") as url,
    ):
        return verify(url, port, directory, *options)


def new_findings(run: Run) -> list[str]:
    """Return check and message of each finding that the baseline does not accept."""
    return [
        f"{found['check']}: {found['message']}"
        for found in run.report["findings"]
        if found["baseline_reason"] is None
    ]


def unchanged(request: ProxiedRequest) -> list[ProxiedRequest]:
    return [request]


def twice(request: ProxiedRequest) -> list[ProxiedRequest]:
    return [request, request]


def lost(_: ProxiedRequest) -> list[ProxiedRequest]:
    return []


def as_text(request: ProxiedRequest) -> list[ProxiedRequest]:
    headers = [(name, value) for name, value in request.headers if name.lower() != "content-type"]
    return [replace(request, headers=(*headers, ("Content-Type", "text/plain")))]


def put(request: ProxiedRequest) -> list[ProxiedRequest]:
    return [replace(request, method="PUT")]


def truncated(request: ProxiedRequest) -> list[ProxiedRequest]:
    return [replace(request, body=request.body[: len(request.body) // 2])]


def notification(change: Callable[[Notification], object]) -> ChangeRequest:
    """Return the corruption that changes the payload in place."""

    def corrupt(request: ProxiedRequest) -> list[ProxiedRequest]:
        payload = json.loads(request.body)
        change(payload)
        return [replace(request, body=json.dumps(payload).encode())]

    return corrupt


def each_alert(change: Callable[[Alert], object]) -> ChangeRequest:
    """Return the corruption that changes every alert in place."""
    return notification(lambda payload: [change(alert) for alert in payload["alerts"]])


def drop_some_alerts(payload: Notification) -> None:
    payload["alerts"] = [a for a in payload["alerts"] if a["fingerprint"][-1] in "01234567"] or (
        payload["alerts"][:1]
    )


def swap_names(payload: Notification) -> None:
    labels = [alert["labels"] for alert in payload["alerts"]]
    names = [one.get("alertname") for one in labels]
    for one, name in zip(labels, names[1:] + names[:1], strict=True):
        one["alertname"] = name


CORRUPTIONS: dict[str, tuple[ChangeRequest, str]] = {
    "a label value": (
        each_alert(lambda alert: alert["labels"].update(severity="page!")),
        r"webhook-echo: object \d+ of delivery .* at /labels",
    ),
    "an additional label": (
        each_alert(lambda alert: alert["labels"].update(region="here")),
        r"webhook-echo: object \d+ of delivery .* at /labels",
    ),
    "an alert dropped": (
        notification(drop_some_alerts),
        r"webhook-sent: .*, item /0 got 200, but no event arrived",
    ),
    "names of other alerts": (
        notification(swap_names),
        r"webhook-echo: object \d+ of delivery .* at /labels",
    ),
    "an unknown status": (
        each_alert(lambda alert: alert.update(status="burning")),
        r'webhook-schema: .*/status: "burning" breaks enum',
    ),
    "an annotation lost": (
        each_alert(lambda alert: alert["annotations"].clear()),
        r"webhook-echo: object \d+ of delivery .* at /annotations",
    ),
    "a shortened fingerprint": (
        each_alert(lambda alert: alert.update(fingerprint=alert["fingerprint"][:8])),
        r"webhook-schema: .*/fingerprint: .* breaks pattern",
    ),
    "no start": (
        each_alert(lambda alert: alert.pop("startsAt")),
        r"webhook-schema: .*'startsAt' is missing",
    ),
    "alerts under another name": (
        notification(lambda payload: payload.update(alarms=payload.pop("alerts"))),
        r"webhook-schema: .*'alerts' is missing",
    ),
    "another version": (
        notification(lambda payload: payload.update(version=4)),
        r"webhook-schema: .*/version",
    ),
    "text/plain": (as_text, "webhook-media-type: .*text/plain"),
    "PUT": (put, 'webhook-method: .*the method is "PUT", not POST'),
    "half a body": (truncated, "webhook-json: "),
    "deliveries lost": (lost, "webhook-sent: no event arrived within 3 s"),
}
"""Corruption, and check and text of a finding that shows it."""


def test_alertmanager_conforms_but_for_the_baseline(
    alertmanager: str, port: int, tmp_path: Path
) -> None:
    run = judge(alertmanager, port, tmp_path, unchanged)
    assert (new_findings(run), run.code) == ([], 0), run.out
    webhooks = run.report["webhooks"]
    assert webhooks["expected"] == webhooks["delivered"] > 100
    assert run.report["baseline"]["resolved"] == []


def test_a_delivery_may_come_twice(alertmanager: str, port: int, tmp_path: Path) -> None:
    options = ("--profile", "quick", "--operation", "postAlerts")
    run = judge(alertmanager, port, tmp_path, twice, *options)
    assert (new_findings(run), run.code) == ([], 0), run.out


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_corrupted_webhook_is_named(
    corruption: str, alertmanager: str, port: int, tmp_path: Path
) -> None:
    change, shown = CORRUPTIONS[corruption]
    options = ("--profile", "quick", "--operation", "postAlerts", "--webhook-deadline", "3")
    run = judge(alertmanager, port, tmp_path, change, *options)
    said = new_findings(run)
    assert any(re.search(shown, text) for text in said), said
    assert run.code == 1
