"""Challenges: handshakes that a sender requires before it delivers anything. Pure.

The sink answers those that its user names. Each is a row of `CHALLENGES`.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from openapi.strict_json import parse_json
from webhook_sink.delivery import HANDSHAKE_MARK, Delivery
from webhook_sink.replies.steps import ReplyStep

_TOKEN = re.compile(r"[A-Za-z0-9_=-]{1,200}", re.ASCII)
"""Text that a challenge may ask to sign: no JSON and no signed content of a webhook."""
_ECHO = re.compile(r"[\x20-\x7e]{1,1000}", re.ASCII)
"""Text that a reply repeats."""
_ORIGIN = re.compile(rb"[\x21-\x7e]{1,255}")
_RATE = re.compile(rb"[1-9][0-9]{0,8}")
_ANY_RATE = b"*"
_JSON, _TEXT = b"application/json", b"text/plain; charset=utf-8"

Reply = tuple[int, tuple[tuple[bytes, bytes], ...], bytes]
"""Status, headers and body."""


@dataclass(frozen=True, slots=True)
class ChallengeKeys:
    """Secrets that a reply to a challenge needs."""

    secret: str | None = None
    """Webhook secret."""
    verify_token: str | None = None
    """Token that the sender shows; None: the webhook secret."""

    @property
    def shown_token(self) -> str | None:
        """Token that the sender must show."""
        return self.verify_token or self.secret


@dataclass(frozen=True, slots=True)
class Challenge:
    """Handshake of one kind of sender."""

    name: str
    source: str
    """URL of the documentation."""
    reply: Callable[[Delivery, ChallengeKeys], Reply | None]
    """Return the reply to a request, or None for one that is no such handshake."""
    needs: str | None = None
    """Attribute of `ChallengeKeys` that the reply needs, or None."""


def _cloudevents(delivery: Delivery, _keys: ChallengeKeys) -> Reply | None:
    """Allow the origin to send, as fast as it asks."""
    origins = delivery.header_values("WebHook-Request-Origin")
    if delivery.method != "OPTIONS" or len(origins) != 1 or not _ORIGIN.fullmatch(origins[0]):
        return None
    rate = next(iter(delivery.header_values("WebHook-Request-Rate")), _ANY_RATE)
    headers = (
        (b"webhook-allowed-origin", origins[0]),
        (b"webhook-allowed-rate", rate if _RATE.fullmatch(rate) else _ANY_RATE),
        (b"allow", b"POST"),
    )
    return 200, headers, b""


def _slack(delivery: Delivery, _keys: ChallengeKeys) -> Reply | None:
    """Repeat the challenge."""
    stated = _json_object(delivery)
    if delivery.method != "POST" or stated.get("type") != "url_verification":
        return None
    return _echo(stated.get("challenge"))


def _meta(delivery: Delivery, keys: ChallengeKeys) -> Reply | None:
    """Repeat the challenge of a sender that shows the verify token; reject others."""
    query = parse_qs(delivery.target.partition("?")[2], keep_blank_values=True)
    named = {name: values[0] for name, values in query.items() if len(values) == 1}
    if delivery.method != "GET" or named.get("hub.mode") != "subscribe":
        return None
    shown, expected = named.get("hub.verify_token", ""), keys.shown_token or ""
    if not hmac.compare_digest(_encoded(shown), _encoded(expected)):
        return 403, (), b""
    return _echo(named.get("hub.challenge"))


def _zoom(delivery: Delivery, keys: ChallengeKeys) -> Reply | None:
    """Prove the knowledge of the secret by the HMAC of the token."""
    stated = _json_object(delivery)
    if delivery.method != "POST" or stated.get("event") != "endpoint.url_validation":
        return None
    payload = stated.get("payload")
    token = payload.get("plainToken") if isinstance(payload, dict) else None
    # Anybody can ask for this HMAC, so that it must not be the signature of a delivery.
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    made = hmac.new(_encoded(keys.secret or ""), token.encode(), hashlib.sha256).hexdigest()
    body = json.dumps({"plainToken": token, "encryptedToken": made}).encode()
    return 200, ((b"content-type", _JSON),), body


CHALLENGES: Mapping[str, Challenge] = {
    challenge.name: challenge
    for challenge in (
        Challenge(
            "cloudevents",
            "https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md"
            "#4-abuse-protection",
            _cloudevents,
        ),
        Challenge("slack", "https://docs.slack.dev/reference/events/url_verification/", _slack),
        Challenge(
            "meta",
            "https://developers.facebook.com/docs/graph-api/webhooks/getting-started"
            "#verification-requests",
            _meta,
            needs="shown_token",
        ),
        Challenge(
            "zoom",
            "https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint",
            _zoom,
            needs="secret",
        ),
    )
}
"""Challenges by name."""


class ChallengeReplies:
    """Replies to the handshakes of some kinds of senders."""

    def __init__(self, names: Iterable[str], keys: ChallengeKeys) -> None:
        """Reply to the challenges with these names; `ValueError` for one that lacks its secret."""
        self._challenges = [CHALLENGES[name] for name in dict.fromkeys(names)]
        self._keys = keys
        for challenge in self._challenges:
            if challenge.needs is not None and not getattr(keys, challenge.needs):
                raise ValueError(f"the challenge {challenge.name} needs a webhook secret")

    def __call__(self, delivery: Delivery) -> ReplyStep | None:
        """Return the reply to a handshake, or None for another delivery."""
        for challenge in self._challenges:
            reply = challenge.reply(delivery, self._keys)
            if reply is not None:
                status, headers, body = reply
                text = f"{status}{HANDSHAKE_MARK}{challenge.name}"
                return ReplyStep(text, "response", status, headers=headers, body=body)
        return None


def _echo(challenge: object) -> Reply | None:
    """Return a reply that repeats a short text; None for anything else."""
    if not isinstance(challenge, str) or not _ECHO.fullmatch(challenge):
        return None
    # If the sender is a browser, it must not take the text for a page.
    headers = ((b"content-type", _TEXT), (b"x-content-type-options", b"nosniff"))
    return 200, headers, challenge.encode()


def _json_object(delivery: Delivery) -> Mapping[str, object]:
    value = parse_json(delivery.body).value if delivery.body else None
    return value if isinstance(value, dict) else {}


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
