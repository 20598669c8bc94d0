"""Every kind of webhook: names in headers, several events, batches, merged events, callbacks.

The service of `tests/shared/dispatch_service.py` shares no code with hookproof. Its legal variants
conform, and each of its mistakes makes a finding that shows it. The mock keeps the same contract.
"""

import json
import re
import urllib.request
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from dispatch_service import LEGAL, MISTAKES
from support.processes import SHARED, Run, launched_with_log, started, verify
from support.sampling import some

pytestmark = pytest.mark.integration

CONTRACT = SHARED.parent / "data" / "dispatch.yaml"
SHOWN_BY = {
    "no-stock": "webhook-sent: .*no event stock.reserved arrived",
    "stock-of-another-order": "webhook-sent: .*no event stock.reserved arrived",
    "no-event-header": "webhook-event-name: .*the header X-Dispatch-Event is missing",
    "misspelt-event": 'webhook-event-name: .*X-Dispatch-Event has "order.create"',
    "order-twice": "webhook-redelivery: delivery 2 repeats delivery 1",
    "item-shortened": r"webhook-echo: .*at /item \(cut at 10 characters\)",
    "weight-whole": r"webhook-echo: .*at /weight \(fraction lost\)",
    "wrong-shortage": "webhook-schema: .*'item' is missing",
    "no-large-order": "webhook-sent: .*no event order.large arrived",
    "first-alarm-only": "webhook-sent: .*, item /1 got 202, but no event arrived",
    "level-lost": 'webhook-echo: object 1 of delivery .* has "low" at /labels/level',
    "bare-batch": "webhook-schema: .*the body: array, not object",
    "alarms-at-root": "webhook-event-name: ",
    "alarm-without-labels": "webhook-schema: .*/alarms/0: 'labels' is missing",
    "no-callback": "webhook-sent: .*no event startJob.done arrived",
    "callback-at-root": "webhook-event-name: ",
    "job-of-another": "webhook-echo: .*at /id",
    "unknown-state": 'webhook-schema: .*/state: "finished" breaks enum',
    "done-twice": "webhook-redelivery: ",
    "log-posted": 'webhook-method: .*the method is "POST", not PUT',
    "log-without-line": "webhook-schema: .*'line' is missing",
}
"""Check and text of a finding that shows the mistake, by its name."""


def judge(port: int, directory: Path, *variants: str, profile: str = "quick") -> Run:
    command = ["-m", "dispatch_service", "--webhook-url", f"http://127.0.0.1:{port}"]
    command += [part for name in variants for part in ("--variant", name)]
    options = ["--contract", str(CONTRACT), "--no-saved-cases", "--profile", profile]
    options += ["--allow-destructive"]
    with started(command, PYTHONPATH=str(SHARED)) as url:
        return verify(url, port, directory, *options, "--webhook-deadline", "3")


def findings(run: Run) -> list[str]:
    return [f"{found['check']}: {found['message']}" for found in run.report["findings"]]


def test_the_service_conforms_in_the_default_profile(port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, profile="default")
    assert (findings(run), run.code) == ([], 0), run.out
    webhooks = run.report["webhooks"]
    assert webhooks["expected"] == webhooks["delivered"] > 500
    (left_out,) = (one for one in run.report["left_out"] if one["kind"] == "webhook")
    assert left_out["name"] == "stock.empty"
    schema = files("hookproof.reports").joinpath("report.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(run.report, json.loads(schema))


@pytest.mark.parametrize("variant", some(LEGAL, 2))
def test_a_legal_variant_conforms(variant: str, port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, variant)
    assert (findings(run), run.code) == ([], 0), run.out


@pytest.mark.parametrize("mistake", some(MISTAKES, 3))
def test_each_mistake_is_found(mistake: str, port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, mistake)
    said = findings(run)
    assert any(re.search(SHOWN_BY[mistake], text) for text in said), said
    # Nothing proves that an unsigned delivery which no operation triggers is the service's own.
    assert run.code == (0 if mistake == "wrong-shortage" else 1)


def test_a_run_gives_the_service_no_url_but_its_own(port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path)
    report = json.dumps(run.report)
    assert set(re.findall(r"http://[^/\"]+/callbacks/", report)) <= {
        f"http://127.0.0.1:{port}/callbacks/"
    }


MOCK = ["-m", "hookproof", "mock", "--contract", str(CONTRACT), "--port", "0"]


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ("delivery-stock.reserved-lost", "webhook-sent: .*no event stock.reserved"),
        ("delivery-startJob.done-lost", "webhook-sent: .*no event startJob.done"),
        ("delivery-startJob.log-wrong-method", "webhook-method: .*not PUT"),
        ("delivery-order.created-event-renamed", "webhook-event-name: .*X-Dispatch-Event"),
        ("payload-alarms-lacks-alarms-0-labels", "webhook-schema: .*'labels' is missing"),
        ("echo-startJob.done-id-constant", "webhook-echo: .*at /id"),
    ],
)
def test_the_mock_keeps_the_contract_and_breaks_it(
    fault: str, shown: str, port: int, tmp_path: Path
) -> None:
    options = ["--contract", str(CONTRACT), "--no-saved-cases", "--profile", "quick"]
    options += ["--webhook-deadline", "3", "--allow-destructive"]
    command = [*MOCK, "--webhook-url", f"http://127.0.0.1:{port}/hooks"]
    with started([*command, "--fault", fault]) as url:
        run = verify(url, port, tmp_path, *options)
    assert any(re.search(shown, text) for text in findings(run)), findings(run)
    with started(command) as url:
        run = verify(url, port, tmp_path, *options)
    assert (findings(run), run.code) == ([], 0), run.out


def test_the_mock_calls_only_allowed_hosts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w+") as file, launched_with_log(MOCK, file) as (url, _):
        body = json.dumps({"command": "run", "callbackUrl": "http://192.0.2.1/secret"}).encode()
        request = urllib.request.Request(f"{url}/jobs", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            assert response.status == 202
    said = log.read_text()
    assert "callback startJob.done not sent: 192.0.2.1 is not on loopback" in said
    assert "secret" not in said
