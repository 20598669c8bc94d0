"""Fixture `hookproof_sink` in the tests of a user: isolation, messages and overrides."""

import json
from pathlib import Path

import pytest
from support.processes import WEBHOOK_SECRET
from support.pytest_runs import outcome_counts, run_light_pytest, run_pytest
from support.signatures import signature_of

from openapi.loading.loader import default_contract_path, load_contract

pytestmark = pytest.mark.integration

EVENT = load_contract().events[0]
INI = "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n"
SENDER = """
import json
import threading
import urllib.request

PAYLOAD = json.loads({payload!r})

def send(url, headers={{}}, body=None, **data):
    payload = {{**PAYLOAD, "data": {{**PAYLOAD["data"], **data}}}}
    body = json.dumps(payload).encode() if body is None else body
    request = urllib.request.Request(url + "/hooks", body, dict(headers))
    urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(request).close()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a user's project: warnings as errors, and a package named like one of ours."""
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")
    sender = SENDER.format(payload=json.dumps(EVENT.examples[0]))
    (tmp_path / "sender.py").write_text(sender, encoding="utf-8")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "__init__.py").write_text("OURS = True\n", encoding="utf-8")
    return tmp_path


def test_each_test_has_a_separate_sink(project: Path) -> None:
    (project / "test_shop.py").write_text(
        f"""
import pytest
from contracts import OURS
from sender import send, threading

@pytest.mark.parametrize("number", range(4))
def test_sent(hookproof_sink, number):
    later = threading.Timer(0.05, send, [hookproof_sink.url], {{"name": f"shop {{number}}"}})
    later.start()
    delivery = hookproof_sink.wait_for({EVENT.name!r}, {{"/data/name": f"shop {{number}}"}})
    later.join()
    assert (delivery.id, delivery.target, OURS) == (1, "/hooks", True)
    assert delivery.json()["data"]["name"] == f"shop {{number}}"
    assert hookproof_sink.wait_for(where=lambda one: one.method == "POST") == delivery
    assert hookproof_sink.judge(delivery).signature == "missing"

def test_nothing_is_left_of_another(hookproof_sink):
    assert hookproof_sink.deliveries() == ()
""",
        encoding="utf-8",
    )
    done = run_pytest(project, "-n", "2", HOOKPROOF_WEBHOOK_SECRET="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcome_counts(done.stdout)["passed"] == 5


def test_a_failure_lists_the_deliveries_and_the_line_of_the_test(project: Path) -> None:
    (project / "test_shop.py").write_text(
        f"""
from sender import send

def test_sent(hookproof_sink):
    send(hookproof_sink.url, name="nightly")
    send(hookproof_sink.url, body=b"nothing of the kind")
    hookproof_sink.wait_for({EVENT.name!r}, where={{"/data/name": "nightly report"}}, timeout=0.1)
""",
        encoding="utf-8",
    )
    done = run_light_pytest(project)
    assert outcome_counts(done.stdout)["failed"] == 1
    shown = [line for line in done.stdout.splitlines() if line.startswith("E ")]
    told = [line.removeprefix("E").strip() for line in shown]
    (first,) = (line for line in told if "NoSuchDelivery: no delivery of" in line)
    assert f'of {EVENT.name} with /data/name = "nightly report" within 0.1 s at http://' in first
    place = told.index(first)
    assert told[place + 1].startswith(f"1 POST '/hooks' {EVENT.name}: ")
    assert any(line.startswith("2 POST '/hooks' no known event: ") for line in told[place:])
    assert '/data/name is "nightly", not "nightly report"' in told[place:]
    assert "test_shop.py:7: NoSuchDelivery" in done.stdout
    assert "webhook_sink/server.py" not in done.stdout


def test_contract_and_secret_can_be_overridden(project: Path) -> None:
    text = default_contract_path().read_text(encoding="utf-8").replace(EVENT.name, "shop.opened")
    (project / "shop.yaml").write_text(text, encoding="utf-8")
    (project / "pytest.ini").write_text(f"{INI}hookproof_contract = shop.yaml\n", encoding="utf-8")
    body = json.dumps({**EVENT.examples[0], "event": "shop.opened"}).encode()
    assert EVENT.signature is not None
    signatures = {
        secret: signature_of(EVENT.signature, body, secret)
        for secret in (WEBHOOK_SECRET, "their own")
    }
    (project / "test_shop.py").write_text(
        f"""
import pytest
from sender import send

SIGNATURES = {signatures!r}

def event(sink, secret):
    send(sink.url, {{{EVENT.signature.header!r}: SIGNATURES[secret]}}, {body!r})
    verdict = sink.judge(sink.wait_for())
    return verdict.event and verdict.event.name, verdict.signature

def test_ini_and_environment(hookproof_sink):
    assert event(hookproof_sink, {WEBHOOK_SECRET!r}) == ("shop.opened", "valid")

class TestReplaced:
    @pytest.fixture
    def hookproof_contract(self):
        return None

    @pytest.fixture
    def hookproof_webhook_secret(self):
        return "their own"

    def test_fixtures(self, hookproof_sink):
        assert event(hookproof_sink, "their own") == (None, "valid")
""",
        encoding="utf-8",
    )
    done = run_light_pytest(project, HOOKPROOF_WEBHOOK_SECRET=WEBHOOK_SECRET)
    assert done.returncode == 0, done.stdout
    assert outcome_counts(done.stdout)["passed"] == 2


BROKEN = {
    "a contract that is not there": ("return 'no.yaml'", "hookproof_contract: no.yaml: cannot be"),
    "a package of our names": ("import openapi", "hookproof_sink: Python imports the package"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_setup_error_is_one_message(name: str, project: Path) -> None:
    line, sentence = BROKEN[name]
    if "import" in line:
        (project / "openapi.py").write_text("", encoding="utf-8")
    (project / "test_shop.py").write_text(
        f"""
import pytest

@pytest.fixture
def hookproof_contract():
    {line}

def test_sent(hookproof_sink):
    pass
""",
        encoding="utf-8",
    )
    done = run_light_pytest(project)
    assert outcome_counts(done.stdout)["error"] == 1, done.stdout
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
