"""Deviations of deliveries: whether one is sent, when, how often, and how it is signed."""

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
_NEVER: Final = "no event for any other response than a 201 (implied: created)"
_SIGNED: Final = "Webhook-Signature is base64(HMAC-SHA256(raw body, webhook secret)), bare (docs)"
_POST: Final = "an event is an HTTP POST (seed)"
_MEDIA: Final = "an event is application/json; charset, where given, utf-8 (docs)"
_JSON: Final = "an event is a JSON object with event, data, triggeredAt (seed)"
_SECRET: Final = "the caller's credential and the accessToken are in no webhook (implied)"
_SAME: Final = "what is tried again is the same event, with its own valid signature (docs)"
_LATE: Final = "one event for each 201 (implied); what comes after the deadline counts as missing"


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
    """Signed, and then changed on its way out."""
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
    """The payload is made anew for a further attempt, with or without a signature of its own."""

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
    "webhook-never": _wrong(
        "The publisher of events was never registered.", _ONCE, _drafts(lambda i: ())
    ),
    "webhook-one-in-ten-lost": _wrong(
        "Events are published after the response, in a process that may end first.",
        _ONCE,
        _unless(lambda issued: issued.number % 10 == 0),
    ),
    "webhook-debounced": _wrong(
        "Events of one type within 50 ms are taken for one.", _ONCE, _debounced
    ),
    "webhook-held-until-next": _wrong(
        "The outbox is emptied when the next token is created, so the last event stays.",
        _ONCE,
        _held,
    ),
    "webhook-not-if-revoked": _wrong(
        "A token that is revoked from the start is not thought worth an event.",
        _ONCE,
        _unless(lambda issued: issued.spec.revoked),
    ),
    "webhook-not-without-expiry": _wrong(
        "Composing the event fails on a null date, and the failure is swallowed.",
        _ONCE,
        _unless(lambda issued: issued.spec.expires is None),
    ),
    "webhook-two-events": _wrong(
        "The job that creates runs at least once, and this time twice.", _ONCE, _drafts(_twin)
    ),
    "webhook-late-45-s": _wrong(
        "Events are sent by a job that runs once a minute.",
        _LATE,
        output.delayed(lambda n: 45.0),
    ),
    "webhook-for-400": _wrong(
        "The event is published before validation.", _NEVER, _rejected_event(400)
    ),
    "webhook-for-409": _wrong(
        "The event is published before the unique index has spoken.", _NEVER, _rejected_event(409)
    ),
    "webhook-for-401-403": _wrong(
        "The event is published by a filter that runs before authentication.",
        _NEVER,
        _rejected_event(401, 403),
    ),
}

_SIGNING: Final = {
    "webhook-unsigned": _wrong(
        "No secret is configured, so nothing is signed.", _SIGNED, adding("deliveries", _unsigned)
    ),
    "webhook-signature-renamed": _wrong(
        "The header is named as in another product.", _SIGNED, adding("deliveries", _renamed)
    ),
    "webhook-hex": _wrong(
        "The digest is written in hexadecimal.",
        _SIGNED,
        _sign(lambda body, s: webhook_sender.mac(body, s.webhook).hex()),
    ),
    "webhook-base64-of-hex": _wrong(
        "The hexadecimal digest, not its bytes, goes through base64.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(body, s.webhook).hex().encode())),
    ),
    "webhook-prefixed": _wrong(
        "The value has the prefix sha256= of another product.",
        _SIGNED,
        around("sign", lambda old: lambda body, s: "sha256=" + old(body, s)),
    ),
    "webhook-standard": _wrong(
        "The library for Standard Webhooks signs with the same header name.", _SIGNED, _standard
    ),
    "webhook-url-safe": _wrong(
        "The signature is in the URL-safe alphabet, without padding.",
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
        "SHA-512 was thought to be safer.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(body, s.webhook, "sha512"))),
    ),
    "webhook-other-secret": _wrong(
        "Events are signed with the secret of the credentials.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(body, s.jwt))),
    ),
    "webhook-signs-data-only": _wrong(
        "The signature covers data and not the whole body.", _SIGNED, _sign(_data_only)
    ),
    "webhook-signs-empty": _wrong(
        "The body's stream was read to its end before it is signed.",
        _SIGNED,
        _sign(lambda body, s: _base64(webhook_sender.mac(b"", s.webhook))),
    ),
    "webhook-reserialised": _wrong(
        "The signed JSON is parsed and written again by the HTTP client.",
        _SIGNED,
        _resign(lambda body: json.dumps(json.loads(body)).encode()),
    ),
    "webhook-trailing-newline": _wrong(
        "The writer ends the body with a line end that was not signed.",
        _SIGNED,
        _resign(lambda body: body + b"\n"),
    ),
    "webhook-stale-signature": _wrong(
        "The header is kept on a client that is shared, one event behind.",
        _SIGNED,
        around("sign", _stale),
    ),
}

_FORM: Final = {
    "webhook-retry-keeps-signature": _wrong(
        "The payload is made anew for the second attempt, the signature is not.",
        _SAME,
        _sealed_again(_told_now, signed=False),
    ),
    "webhook-retry-other-id": _wrong(
        "The job that failed runs from its start, and makes the entity again.",
        _SAME,
        _sealed_again(_with(id=str(uuid.UUID(int=7))), signed=True),
    ),
    "webhook-retry-other-state": _wrong(
        "The entity is read again for the second attempt, without its relations.",
        _SAME,
        _sealed_again(_with(scopes=[]), signed=True),
    ),
    "webhook-retry-unsigned": _wrong(
        "Further attempts go through another client, which signs nothing.",
        _SAME,
        adding("again", lambda issued, delivery, secrets: _unsigned(issued, delivery)),
    ),
    "webhook-text-plain": _wrong(
        "The body is a string, so its type is text.", _MEDIA, _media("text/plain")
    ),
    "webhook-no-media-type": _wrong(
        "The client sends bytes without saying what they are.",
        _MEDIA,
        adding(
            "deliveries",
            lambda issued, delivery: replace(
                delivery, headers=tuple(p for p in delivery.headers if p[0] != "Content-Type")
            ),
        ),
    ),
    "webhook-form-encoded": _wrong(
        "The JSON is a field of a form, as older webhooks did.",
        _MEDIA,
        together(_packed(_form), _media("application/x-www-form-urlencoded")),
    ),
    "webhook-latin-1": _wrong(
        "The body is written in the platform's own character set.",
        _MEDIA,
        together(_packed(_latin), _media("application/json; charset=iso-8859-1")),
    ),
    "webhook-put": _wrong("The client's upload method is PUT.", _POST, _method("PUT")),
    "webhook-get": _wrong("The method was never set and is GET.", _POST, _method("GET")),
    "webhook-batched": _wrong(
        "Events come in arrays, ready for batches.",
        _JSON,
        adding("payloads", lambda issued, document: [document]),
    ),
    "webhook-double-encoded": _wrong(
        "The serialised event is serialised once more by the client.",
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
