"""Faults of webhooks: each has its described effect only if enabled."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.mock import RunningMock, StartMock

from mock_server.faults.table import HANDWRITTEN_FAULTS
from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET

pytestmark = pytest.mark.integration

QUIET = 0.4
"""Seconds to wait before concluding that no delivery arrives."""
Seen = Callable[[RunningMock], bool]


def _signature(
    body: bytes, secret: str = DEVELOPMENT_WEBHOOK_SECRET, kind: str = "sha256"
) -> bytes:
    return hmac.new(secret.encode(), body, kind).digest()


def delivered(test: Callable[[Any, Any], bool]) -> Seen:
    """Return a test that gets the body of the request and its delivery."""

    def seen(w: RunningMock) -> bool:
        received = w.event(revoked=False)
        return test(w.last, received)

    return seen


def event(test: Callable[[Any, Any], bool]) -> Seen:
    return delivered(lambda asked, received: test(asked, received.value))


def signed(test: Callable[[str, bytes], bool]) -> Seen:
    return delivered(lambda _, r: test(r.header("webhook-signature") or "", r.body))


def _same_ids(w: RunningMock) -> bool:
    return bool(w.event().value["data"]["id"] == w.event().value["data"]["id"])


def _secret_inside(w: RunningMock) -> bool:
    secret = w.post().json()["accessToken"]
    return secret.encode() in w.receiver.next().body


def _tenth_lost(w: RunningMock) -> bool:
    sent = {w.post() and w.last["name"] for _ in range(11)}
    names = {
        received.value["data"]["name"] for received in iter(lambda: w.receiver.poll(QUIET), None)
    }
    return len(sent - names) == 1


def _tried_once(w: RunningMock) -> bool:
    w.receiver.answers = [(500, {})]
    w.event()
    return w.receiver.poll(within=1.5) is None


def _reserialised(sign: str, body: bytes) -> bool:
    compact = json.dumps(json.loads(body), separators=(",", ":")).encode()
    return compact != body and base64.b64encode(_signature(compact)).decode() == sign


SEEN: dict[str, Seen] = {
    # payloads
    "name-truncated": event(lambda a, v: v["data"]["name"] == a["name"][:20]),
    "name-escaped": event(lambda a, v: "&lt;" in v["data"]["name"]),
    "name-of-another-request": event(lambda a, v: v["data"]["name"] == "nightly report"),
    "flag-inverted": event(lambda a, v: v["data"]["revoked"] is True),
    "flag-as-text": event(lambda a, v: v["data"]["revoked"] == "false"),
    "date-shifted": event(lambda a, v: v["data"]["expiresAt"] == "2999-06-30T02:00:00Z"),
    "date-as-number": event(lambda a, v: isinstance(v["triggeredAt"], int)),
    "date-without-zone": event(lambda a, v: not v["triggeredAt"].endswith("Z")),
    "date-null": event(lambda a, v: v["triggeredAt"] is None),
    "set-shortened": event(lambda a, v: v["data"]["scopes"] == a["scopes"][:-1]),
    "set-joined": event(lambda a, v: v["data"]["scopes"] == ",".join(a["scopes"])),
    "event-renamed": event(lambda a, v: v["event"] == "personal_access_token.created"),
    "name-of-another-event": event(lambda a, v: v["event"] == "personalAccessToken.updated"),
    "id-missing": event(lambda a, v: "id" not in v["data"]),
    "id-constant": _same_ids,
    "owner-mismatch": event(lambda a, v: v["data"]["userId"] != v["data"]["user"]["id"]),
    "payload-flattened": event(lambda a, v: "data" not in v and v["name"] == a["name"]),
    "secret-in-payload": _secret_inside,
    "credential-in-payload": lambda w: w.token.encode() in w.event().body,
    # deliveries
    "webhook-never-sent": lambda w: w.post().status_code == 201 and w.receiver.poll(QUIET) is None,
    "webhook-sent-twice": lambda w: w.event().body == getattr(w.receiver.poll(QUIET), "body", None),
    "webhook-one-in-ten-lost": _tenth_lost,
    "webhook-not-retried": _tried_once,
    "webhook-on-rejection": lambda w: (
        w.event(name="once") is not None and w.post(name="once").status_code == 409
        and w.receiver.poll(QUIET) is not None
    ),
    "unsigned": delivered(lambda _, r: r.header("webhook-signature") is None),
    "signature-header-renamed": delivered(lambda _, r: r.header("x-webhook-signature") is not None),
    "signature-hex": signed(lambda s, b: s == _signature(b).hex()),
    "signature-prefixed": signed(lambda s, b: s.startswith("sha256=")),
    "signature-url-safe": signed(
        lambda s, b: s == base64.urlsafe_b64encode(_signature(b)).decode().rstrip("=")
    ),
    "signature-sha1": signed(lambda s, b: base64.b64decode(s) == _signature(b, kind="sha1")),
    "signature-standard-webhooks": signed(lambda s, b: s.startswith("v1,")),
    "signature-other-secret": signed(
        lambda s, b: base64.b64decode(s) == _signature(b, f"old-{DEVELOPMENT_WEBHOOK_SECRET}")
    ),
    "signature-of-empty-body": signed(lambda s, b: base64.b64decode(s) == _signature(b"")),
    "reserialised": signed(_reserialised),
    "newline-appended": signed(
        lambda s, b: b.endswith(b"\n") and base64.b64decode(s) == _signature(b[:-1])
    ),
    "body-encoded-twice": delivered(lambda _, r: isinstance(r.value, str)),
    "media-type-form": delivered(lambda _, r: "form" in (r.header("content-type") or "")),
    "media-type-text": delivered(lambda _, r: "text/plain" in (r.header("content-type") or "")),
}  # fmt: skip


def test_every_fault_has_a_test_case() -> None:
    assert SEEN.keys() == {
        name for name, fault in HANDWRITTEN_FAULTS.items() if fault.category == "webhooks"
    }


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_has_its_described_effect(start: StartMock, name: str) -> None:
    with start(faults=frozenset({name})) as world:
        assert SEEN[name](world), HANDWRITTEN_FAULTS[name].description


@pytest.mark.parametrize("name", SEEN)
def test_the_mock_without_the_fault_lacks_its_effect(world: RunningMock, name: str) -> None:
    assert not SEEN[name](world)


def test_several_faults_apply_at_once(start: StartMock) -> None:
    both = frozenset({"ok-for-created", "secret-renamed", "webhook-sent-twice"})
    with start(faults=both) as world:
        answer = world.post()
        assert (answer.status_code, list(answer.json())) == (200, ["access_token"])
        assert world.receiver.next().body == world.receiver.next().body
