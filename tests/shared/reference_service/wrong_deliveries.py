"""Deviations of deliveries: missing, late, repeated, unexpected or wrongly signed."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from reference_service import dates, output, rules, webhook_sender
from reference_service.behaviour import (
    Behaviour,
    Change,
    Delivery,
    Issued,
    PlannedEvents,
    RejectionError,
    Request,
    Secrets,
    TokenSpec,
    adding,
    around,
    setting,
    together,
)
from reference_service.deviation import Deviation

_ONCE: Final = "one event for each 201 (implied: created)"
_NEVER: Final = "no event for another response than 201 (implied: created)"
_SIGNED: Final = (
    "Webhook-Signature is base64(HMAC-SHA256(raw body, webhook secret)), no prefix (docs)"
)
_POST: Final = "an event is an HTTP POST (seed)"
_MEDIA: Final = "an event is application/json; its charset, if present, is utf-8 (docs)"
_JSON: Final = "an event is a JSON object with event, data, triggeredAt (seed)"
_SECRET: Final = "no webhook contains the caller's credential or the accessToken (implied)"
_SAME: Final = "a retry sends the same event with a valid signature (docs)"
_LATE: Final = "one event for each 201 (implied); an event after the deadline counts as missing"


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("webhooks", mistake, fact, change)


def _drafts(make: Callable[[Issued], PlannedEvents]) -> Change:
    return setting(announce=make)


def _unless(skip: Callable[[Issued], object]) -> Change:
    return around("announce", lambda old: lambda issued: () if skip(issued) else old(issued))


def _twin(issued: Issued) -> PlannedEvents:
    return (0.0, issued), (0.0, replace(issued, ident=str(uuid.uuid4())))


def _held(behaviour: Behaviour) -> Behaviour:
    waiting: list[Issued] = []

    def announce(issued: Issued) -> PlannedEvents:
        waiting.append(issued)
        return ((0.0, waiting.pop(0)),) if len(waiting) > 1 else ()

    return setting(announce=announce)(behaviour)


def _debounced(behaviour: Behaviour) -> Behaviour:
    lock, last = threading.Lock(), [0.0]

    def announce(issued: Issued) -> PlannedEvents:
        with lock:
            gap, last[0] = time.monotonic() - last[0], time.monotonic()
        return behaviour.announce(issued) if gap > 0.05 else ()

    return setting(announce=announce)(behaviour)


def _rejected_event(*statuses: int) -> Change:
    def rejected_events(request: Request, rejection: RejectionError) -> TokenSpec | None:
        if rejection.status not in statuses:
            return None
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            body = {}
        given = body if isinstance(body, dict) else {}
        name, scopes = given.get("name"), given.get("scopes")
        kept = [s for s in scopes if isinstance(s, str)] if isinstance(scopes, list) else []
        try:
            expires = rules.expires_at(given.get("expiresAt"))
        except RejectionError:
            expires = None
        text = name if isinstance(name, str) else ""
        return TokenSpec(text, tuple(kept), given.get("revoked") is True, expires)

    return setting(rejected_events=rejected_events)


def _sign(make: Callable[[bytes, Secrets], str]) -> Change:
    return setting(sign=make)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _resign(alter: Callable[[bytes], bytes]) -> Change:
    """Change the body after signing."""
    return adding(
        "deliveries", lambda issued, delivery: replace(delivery, body=alter(delivery.body))
    )


def _unsigned(issued: Issued, delivery: Delivery) -> Delivery:
    kept = tuple(pair for pair in delivery.headers if pair[0].lower() != "webhook-signature")
    return replace(delivery, headers=kept)


def _renamed(issued: Issued, delivery: Delivery) -> Delivery:
    signature = dict(delivery.headers)["Webhook-Signature"]
    return _unsigned(issued, delivery).with_header("X-Signature", signature)


def _standard(behaviour: Behaviour) -> Behaviour:
    secret: list[str] = []

    def sign(body: bytes, secrets: Secrets) -> str:
        secret[:] = [secrets.webhook]
        return ""

    def seal(issued: Issued, delivery: Delivery) -> Delivery:
        ident, stamp = f"msg_{issued.ident}", str(int(time.time()))
        signed = f"{ident}.{stamp}.".encode() + delivery.body
        value = "v1," + _base64(webhook_sender.mac(signed, secret[0]))
        sealed = delivery.with_header("Webhook-Id", ident).with_header("Webhook-Timestamp", stamp)
        return sealed.with_header("Webhook-Signature", value)

    return adding("deliveries", seal)(setting(sign=sign)(behaviour))


def _stale(old: Callable[[bytes, Secrets], str]) -> Callable[[bytes, Secrets], str]:
    kept = [""]

    def sign(body: bytes, secrets: Secrets) -> str:
        value, kept[0] = kept[0] or old(b"", secrets), old(body, secrets)
        return value

    return sign


def _data_only(body: bytes, secrets: Secrets) -> str:
    data = json.loads(body)["data"]
    return _base64(webhook_sender.mac(webhook_sender.pack(data), secrets.webhook))


def _sealed_again(change: Callable[[Any], Any], *, signed: bool) -> Change:
    """Re-serialise the payload for a retry; with `signed`, sign it again."""

    def again(issued: Issued, delivery: Delivery, secrets: Secrets) -> Delivery:
        body = webhook_sender.pack(change(json.loads(delivery.body)))
        made = replace(delivery, body=body)
        value = webhook_sender.sign(body, secrets)
        return made.with_header("Webhook-Signature", value) if signed else made

    return adding("again", again)


def _told_now(document: Any) -> Any:
    return {**document, "triggeredAt": dates.write(dates.now())}


def _with(**values: Any) -> Callable[[Any], Any]:
    return lambda document: {**document, "data": {**document["data"], **values}}


def _media(media_type: str) -> Change:
    return adding(
        "deliveries", lambda issued, delivery: delivery.with_header("Content-Type", media_type)
    )


def _packed(pack: Callable[[Any], bytes]) -> Change:
    return setting(pack=pack)


def _form(document: Any) -> bytes:
    return urlencode({"payload": json.dumps(document)}).encode()


def _latin(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("latin-1", "replace")


def _method(method: str) -> Change:
    return adding("deliveries", lambda issued, delivery: replace(delivery, method=method))


def _forwarded(issued: Issued, delivery: Delivery) -> Delivery:
    return delivery.with_header("Authorization", issued.authorization)


_WHEN: Final = {
    "webhook-never": _wrong("The event publisher is not registered.", _ONCE, _drafts(lambda i: ())),
    "webhook-one-in-ten-lost": _wrong(
        "Events are published after the response, in a process that may exit before.",
        _ONCE,
        _unless(lambda issued: issued.number % 10 == 0),
    ),
    "webhook-debounced": _wrong(
        "Events of one type within 50 ms are merged into one.", _ONCE, _debounced
    ),
    "webhook-held-until-next": _wrong(
        "The outbox is sent when the next token is created, so the last event is never sent.",
        _ONCE,
        _held,
    ),
    "webhook-not-if-revoked": _wrong(
        "A token that is created as revoked has no event.",
        _ONCE,
        _unless(lambda issued: issued.spec.revoked),
    ),
    "webhook-not-without-expiry": _wrong(
        "Composing the event fails on a null date, and the exception is swallowed.",
        _ONCE,
        _unless(lambda issued: issued.spec.expires is None),
    ),
    "webhook-two-events": _wrong(
        "The at-least-once job that creates the entity runs twice: two events with two ids.",
        _ONCE,
        _drafts(_twin),
    ),
    "webhook-late-45-s": _wrong(
        "A job sends the events once a minute.",
        _LATE,
        output.delayed(lambda n: 45.0),
    ),
    "webhook-for-400": _wrong(
        "The event is published before validation.", _NEVER, _rejected_event(400)
    ),
    "webhook-for-409": _wrong(
        "The event is published before the unique index is checked.", _NEVER, _rejected_event(409)
    ),
    "webhook-for-401-403": _wrong(
        "A filter that runs before authentication publishes the event.",
        _NEVER,
        _rejected_event(401, 403),
    ),
}

_SIGNING: Final = {
    "webhook-unsigned": _wrong(
        "No secret is configured, so nothing is signed.", _SIGNED, adding("deliveries", _unsigned)
    ),
    "webhook-signature-renamed": _wrong(
        "The header has the name that another product uses.",
        _SIGNED,
        adding("deliveries", _renamed),
    ),
    "webhook-hex": _wrong(
        "The digest is encoded as hex, not base64.",
        _SIGNED,
        _sign(lambda body, s: webhook_sender.mac(body, s.webhook).hex()),
    ),
    "webhook-base64-of-hex": _wrong(
        "The hex digest, not its bytes, is encoded as base64.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(body, s.webhook).hex().encode())),
    ),
    "webhook-prefixed": _wrong(
        "The value has the prefix sha256=, as in another product.",
        _SIGNED,
        around("sign", lambda old: lambda body, s: "sha256=" + old(body, s)),
    ),
    "webhook-standard": _wrong(
        "A library for Standard Webhooks signs, with the same header name.", _SIGNED, _standard
    ),
    "webhook-url-safe": _wrong(
        "The signature is URL-safe base64 without padding.",
        _SIGNED,
        _sign(
            lambda body, s: (
                base64.urlsafe_b64encode(webhook_sender.mac(body, s.webhook)).rstrip(b"=").decode()
            )
        ),
    ),
    "webhook-sha1": _wrong(
        "The helper's default algorithm is SHA-1.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(body, s.webhook, "sha1"))),
    ),
    "webhook-sha512": _wrong(
        "The digest is SHA-512.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(body, s.webhook, "sha512"))),
    ),
    "webhook-other-secret": _wrong(
        "Events are signed with the secret that signs credentials.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(body, s.jwt))),
    ),
    "webhook-signs-data-only": _wrong(
        "The signature covers data and not the whole body.", _SIGNED, _sign(_data_only)
    ),
    "webhook-signs-empty": _wrong(
        "The stream of the body is already consumed before signing, so the signed text is empty.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(b"", s.webhook))),
    ),
    "webhook-reserialised": _wrong(
        "The HTTP client re-serialises the signed JSON.",
        _SIGNED,
        _resign(lambda body: json.dumps(json.loads(body)).encode()),
    ),
    "webhook-trailing-newline": _wrong(
        "The writer appends an unsigned line end to the body.",
        _SIGNED,
        _resign(lambda body: body + b"\n"),
    ),
    "webhook-stale-signature": _wrong(
        "A shared client keeps the signature header of the previous event.",
        _SIGNED,
        around("sign", _stale),
    ),
}

_FORM: Final = {
    "webhook-retry-keeps-signature": _wrong(
        "The payload is re-serialised for a retry, the signature is not renewed.",
        _SAME,
        _sealed_again(_told_now, signed=False),
    ),
    "webhook-retry-other-id": _wrong(
        "A retry runs the whole job again, which creates another entity.",
        _SAME,
        _sealed_again(_with(id=str(uuid.UUID(int=7))), signed=True),
    ),
    "webhook-retry-other-state": _wrong(
        "A retry reads the entity again, without its relations.",
        _SAME,
        _sealed_again(_with(scopes=[]), signed=True),
    ),
    "webhook-retry-unsigned": _wrong(
        "Retries use another client, which does not sign.",
        _SAME,
        adding("again", lambda issued, delivery, secrets: _unsigned(issued, delivery)),
    ),
    "webhook-text-plain": _wrong(
        "The body is a string, so the client sets text/plain.", _MEDIA, _media("text/plain")
    ),
    "webhook-no-media-type": _wrong(
        "The client sends no Content-Type.",
        _MEDIA,
        adding(
            "deliveries",
            lambda issued, delivery: replace(
                delivery, headers=tuple(p for p in delivery.headers if p[0] != "Content-Type")
            ),
        ),
    ),
    "webhook-form-encoded": _wrong(
        "The JSON is a form field, as in older webhooks.",
        _MEDIA,
        together(_packed(_form), _media("application/x-www-form-urlencoded")),
    ),
    "webhook-latin-1": _wrong(
        "The body is written in the platform's default encoding, Latin-1.",
        _MEDIA,
        together(_packed(_latin), _media("application/json; charset=iso-8859-1")),
    ),
    "webhook-put": _wrong("The client's upload function uses PUT.", _POST, _method("PUT")),
    "webhook-get": _wrong("The method is not set, and the default is GET.", _POST, _method("GET")),
    "webhook-batched": _wrong(
        "Events are sent in arrays, prepared for batches.",
        _JSON,
        adding("payloads", lambda issued, document: [document]),
    ),
    "webhook-double-encoded": _wrong(
        "The client serialises the serialised event again.",
        _JSON,
        adding("payloads", lambda issued, document: json.dumps(document)),
    ),
    "webhook-forwards-authorization": _wrong(
        "The client forwards the headers of the request that caused the event.",
        _SECRET,
        adding("deliveries", _forwarded),
    ),
}

DELIVERIES: Final[dict[str, Deviation]] = {**_WHEN, **_SIGNING, **_FORM}
