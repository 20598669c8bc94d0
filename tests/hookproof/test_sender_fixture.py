"""Fixture `hookproof_sender` in the tests of a user."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.processes import WEBHOOK_SECRET
from support.pytest_runs import outcome_counts, run_light_pytest, run_pytest

from hookproof.testing import EventSender, Sink, load_contract
from openapi.http.free_port import free_port

pytestmark = pytest.mark.integration
EVENT = "personalAccessToken.created"
SECRET = {"HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a user's project with warnings as errors, and a package named like the harness."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n",
        encoding="utf-8",
    )
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "__init__.py").write_text("OURS = True\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink(load_contract(), WEBHOOK_SECRET, verify=True) as running:
        yield running


def test_a_project_sends_events_to_its_receiver(project: Path) -> None:
    (project / "test_shop.py").write_text(
        f"""
import pytest
from contracts import OURS

@pytest.fixture
def hookproof_receiver_url(hookproof_sink):
    return f"{{hookproof_sink.url}}/hooks"

def test_sent(hookproof_sender, hookproof_sink):
    response = hookproof_sender.send({EVENT!r}, set={{"/data/name": "nightly"}})
    assert (response.status, response.is_success, response.error) == (200, True, None)
    delivery = hookproof_sink.wait_for({EVENT!r}, {{"/data/name": "nightly"}}, timeout=0)
    assert hookproof_sink.judge(delivery).findings == ()
    assert OURS

def test_a_fault(hookproof_sender, hookproof_sink):
    hookproof_sender.send({EVENT!r}, fault="unsigned")
    (delivery,) = hookproof_sink.deliveries()
    assert hookproof_sink.judge(delivery).signature == "missing"
""",
        encoding="utf-8",
    )
    done = run_pytest(project, **SECRET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcome_counts(done.stdout)["passed"] == 2


def test_a_failure_shows_the_line_of_the_test(project: Path) -> None:
    port = free_port()
    (project / "test_shop.py").write_text(
        f"""
def test_nothing_listens(hookproof_sender):
    hookproof_sender.send({EVENT!r}, to="http://127.0.0.1:{port}/")

def test_no_url(hookproof_sender):
    hookproof_sender.send({EVENT!r})
""",
        encoding="utf-8",
    )
    done = run_light_pytest(project, **SECRET)
    assert outcome_counts(done.stdout) == {"failed": 2}
    shown = [line for line in done.stdout.splitlines() if line.startswith((">", "E "))]
    assert [" ".join(line.split()) for line in shown] == [
        f'> hookproof_sender.send({EVENT!r}, to="http://127.0.0.1:{port}/")',
        f"E ConnectionError: nothing listens on 127.0.0.1:{port}",
        f"> hookproof_sender.send({EVENT!r})",
        "E ValueError: no URL to send to: pass to=URL",
    ]
    assert "sender.py" not in done.stdout


def test_a_secret_that_does_not_fit_fails_the_test(project: Path) -> None:
    (project / "parcels.yaml").write_text(
        (Path(__file__).parents[1] / "data" / "parcels.yaml").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    with (project / "pytest.ini").open("a", encoding="utf-8") as ini:
        ini.write("hookproof_contract = parcels.yaml\n")
    (project / "test_shop.py").write_text(
        "def test_sent(hookproof_sender):\n    pass\n", encoding="utf-8"
    )
    done = run_light_pytest(project, HOOKPROOF_WEBHOOK_SECRET="no key")
    assert outcome_counts(done.stdout) == {"error": 1}
    assert "hookproof_webhook_secret: the webhook secret does not fit" in done.stdout


def test_the_same_event_is_sent_again_with_the_same_bytes(sink: Sink) -> None:
    sender = EventSender(load_contract(), WEBHOOK_SECRET, f"{sink.url}/hooks")
    first = sender.send(EVENT)
    again = sender.send_again(first)
    other = sender.send(EVENT)
    assert (first.status, again.status, other.status) == (200, 200, 200)
    assert first.sent_body == again.sent_body != other.sent_body
    assert [one.body for one in sink.deliveries()] == [
        *(first.sent_body, again.sent_body, other.sent_body)
    ]


def test_a_response_has_status_headers_body_and_time(sink: Sink) -> None:
    sender = EventSender(load_contract(), WEBHOOK_SECRET)
    response = sender.send(EVENT, fault="reserialised", to=sink.url)
    assert (response.status, response.is_success) == (401, False)
    assert response.text == "The signature is not valid.\n"
    assert response.header("CONTENT-TYPE") == "text/plain; charset=utf-8"
    assert response.header("x-nothing") is None
    assert 0 < response.seconds < 15
    assert "sent_body" not in repr(response)


def test_it_works_in_an_event_loop(sink: Sink) -> None:
    sender = EventSender(load_contract(), WEBHOOK_SECRET, sink.url)

    async def send() -> int | None:
        return sender.send(EVENT).status

    assert asyncio.run(send()) == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": "other"}, "the contract has no event 'other'"),
        ({"set": {"data": 1}}, "'data' is not a JSON pointer"),
        ({"fault": "webhook-not-retried"}, "changes nothing in a delivery"),
        ({"to": "ftp://a/"}, "a URL must be http"),
        ({"headers": {"X-A": "a\r\nb"}}, "a header has a line break"),
    ],
)
def test_what_cannot_be_sent_is_an_error(
    sink: Sink, changes: dict[str, object], reason: str
) -> None:
    sender = EventSender(load_contract(), WEBHOOK_SECRET, sink.url)
    send: object = sender.send
    assert callable(send)
    with pytest.raises(ValueError, match=reason):
        send(**{"event": EVENT, **changes})
    assert sink.deliveries() == ()


def test_a_signed_event_needs_a_secret(sink: Sink) -> None:
    with pytest.raises(ValueError, match="no webhook secret to sign with"):
        EventSender(load_contract(), to=sink.url).send(EVENT)
