"""Probes: a few requests each, whose outcome shows a mistake of a receiver.

A probe returns what a sender sees. The correct receivers all give the same outcome.
"""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from receivers.client import Answer, Client, Delivery, compact, invoice, key, mac
from receivers.launching import SECRET

Outcome = list[int]
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret, of another sender").decode()
HALF_A_DAY_S = 43200
DAYS_S = 2 * 86400
BURST = 24
"""Number of deliveries at once."""


def conforming(client: Client) -> Outcome:
    return [client.status(Delivery())]


def unsigned(client: Client) -> Outcome:
    return [client.deliver(Delivery(), headers=[]).status]


def no_signature_header(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.deliver(delivery, headers=delivery.headers[:2]).status]


def empty_signature(client: Client) -> Outcome:
    return [client.status(Delivery(signature=""))]


def forged(client: Client) -> Outcome:
    return [client.status(Delivery(secret=OTHER_SECRET))]


def changed_body(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.status(delivery.frozen(body=delivery.body.replace(b"12900", b"12901")))]


def cut_signature(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.status(delivery.frozen(signature=delivery.signed[:24]))]


def version_alone(client: Client) -> Outcome:
    return [client.status(Delivery(signature="v1,"))]


def unknown_version(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.status(delivery.frozen(signature="v9," + delivery.signed[3:]))]


def empty_key(client: Client) -> Outcome:
    return [client.status(Delivery(secret=""))]


def sha1(client: Client) -> Outcome:
    delivery = Delivery()
    content = f"{delivery.id}.{delivery.timestamp}.".encode() + delivery.body
    return [client.status(replace(delivery, signature="v1," + mac(content, key(SECRET), "sha1")))]


def non_ascii_signature(client: Client) -> Outcome:
    return [client.status(Delivery(signature="v1,ÿÿÿÿ"))]


def odd_signature(client: Client) -> Outcome:
    return [client.status(Delivery(signature="v1,%%%"))]


def odd_timestamp(client: Client) -> Outcome:
    return [client.status(Delivery().frozen(timestamp="yesterday"))]


def signed_odd_timestamp(client: Client) -> Outcome:
    return [client.status(Delivery(timestamp="yesterday"))]


def odd_bytes(client: Client) -> Outcome:
    return [client.status(Delivery(body=json.dumps(invoice(), indent=2).encode()))]


def plain_text(client: Client) -> Outcome:
    return [client.status(Delivery(body=json.dumps(invoice()).encode()))]


def sorted_keys(client: Client) -> Outcome:
    return [client.status(Delivery(body=compact(dict(reversed(invoice().items())))))]


def final_newline(client: Client) -> Outcome:
    return [client.status(Delivery(body=compact(invoice()) + b"\n"))]


def same_json(client: Client) -> Outcome:
    delivery = Delivery()
    spaced = delivery.body.replace(b'":', b'": ')
    return [client.status(delivery.frozen(body=spaced))]


def whole_float(client: Client) -> Outcome:
    return [client.status(Delivery(body=compact(invoice()).replace(b"12900", b"12900.0")))]


def ages(client: Client) -> Outcome:
    old = [0, 200, 400, HALF_A_DAY_S, DAYS_S, 40 * 86400]
    return [client.status(Delivery().aged(sign * age)) for age in old for sign in (1, -1)]


def accepted_again_as_new(client: Client) -> Outcome:
    delivery = Delivery().aged(200)
    fresh = delivery.frozen(timestamp=str(int(time.time())))
    return [client.status(delivery), client.status(fresh)]


def signed_without_timestamp(client: Client) -> Outcome:
    delivery = Delivery()
    content = f"{delivery.id}.".encode() + delivery.body
    return [client.status(replace(delivery, signature="v1," + mac(content, key(SECRET))))]


def two_timestamps(client: Client) -> Outcome:
    old = Delivery().aged(DAYS_S)
    fresh = ("webhook-timestamp", str(int(time.time())))
    both = [[*old.headers, fresh], [fresh, *old.headers]]
    return [client.deliver(old, headers=headers).status for headers in both]


def several_signatures(client: Client) -> Outcome:
    delivery, wrong = Delivery(), Delivery().signed
    lists = [f"{wrong} {delivery.signed}", f"{delivery.signed} {wrong}", f"{wrong} {wrong}"]
    return [client.status(replace(delivery, signature=value)) for value in lists]


def header_names(client: Client) -> Outcome:
    delivery = Delivery()
    forms: list[Callable[[str], str]] = [str.title, str.upper]
    return [
        client.deliver(
            delivery, headers=[(form(name), f" {value} ") for name, value in delivery.headers]
        ).status
        for form in forms
    ]


def again(client: Client) -> Outcome:
    before, delivery = client.effects(), Delivery()
    statuses = [client.status(one) for one in (delivery, delivery, delivery.aged(5))]
    return [*statuses, client.effects() - before]


def both_at_once(client: Client) -> Outcome:
    before, delivery = client.effects(), Delivery()
    statuses = client.at_once([delivery] * 6)
    return [*sorted(statuses), client.effects() - before]


def older_after_newer(client: Client) -> Outcome:
    before, newer = client.effects(), invoice(timestamp="2026-04-20T13:11:35Z")
    older = {**newer, "timestamp": "2026-04-20T12:00:00Z", "type": "invoice.voided"}
    statuses = [client.status(Delivery(body=compact(one))) for one in (newer, older)]
    return [*statuses, client.effects() - before]


def unknown_type(client: Client) -> Outcome:
    kinds = ("invoice.refunded", "toString")
    return [client.status(Delivery(body=compact(invoice(type=kind)))) for kind in kinds]


def non_json(client: Client) -> Outcome:
    bodies = [b"not json", b"", b"\x00\xff", b'{"type":'] + [b"[" * 100_000 + b"]" * 100_000]
    return [client.status(Delivery(body=body)) for body in bodies]


def invalid(client: Client) -> Outcome:
    return [client.status(Delivery(body=b"not json"))]


def odd_json(client: Client) -> Outcome:
    """Return for each body whether it got a response that is no error of the receiver."""
    deep = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    digits = compact(invoice()).replace(b"12900", b"1" * 6000)
    statuses = [client.status(Delivery(body=body)) for body in (deep, digits)]
    return [int(200 <= status < 500) for status in statuses]


def broken_schema(client: Client) -> Outcome:
    whole = invoice()
    payloads: list[Any] = [{k: v for k, v in whole.items() if k != name} for name in whole]
    payloads += [{**whole, "data": None}, {**whole, "timestamp": 1}, {**whole, "type": []}, []]
    payloads.append({**whole, "data": {**whole["data"], "id": 7}})
    return [client.status(Delivery(body=compact(payload))) for payload in payloads]


def unknown_property(client: Client) -> Outcome:
    whole = invoice()
    inner = {**whole, "data": {**whole["data"], "colour": "red"}}
    return [client.status(Delivery(body=compact(one))) for one in ({**whole, "extra": 1}, inner)]


def burst(client: Client) -> Outcome:
    """Return whether all was right, and a delivery after the burst."""
    statuses = client.at_once([Delivery() for _ in range(BURST)])
    return [int(set(statuses) == {200}), client.status(Delivery())]


def burst_and_retries(client: Client) -> Outcome:
    """Return the statuses of the retries of what failed, and the missing effects."""
    before, deliveries = client.effects(), [Delivery() for _ in range(BURST)]
    statuses = client.at_once(deliveries)
    failed = [one for one, status in zip(deliveries, statuses, strict=True) if status != 200]
    retried = {client.status(one) for one in failed} - {200}
    return [*sorted(retried), BURST - (client.effects() - before)]


def other_methods(client: Client) -> Outcome:
    before = client.effects()
    statuses = [client.send(name, "/webhooks").status for name in ("GET", "PUT", "DELETE")]
    return [*statuses, client.effects() - before]


def leaks(client: Client) -> Outcome:
    """Return which of secret, expected signature and stack trace error responses have."""
    forgery, right = Delivery(secret=OTHER_SECRET), Delivery()
    answers: list[Answer] = [client.deliver(forgery), client.deliver(Delivery(body=b"{"))]
    answers.append(client.deliver(right.frozen(signature=forgery.signed)))
    answers.append(client.deliver(right, headers=[]))
    text = b"".join(answer.raw for answer in answers)
    expected = [replace(one, signature=None, secret=SECRET).signed[3:] for one in (forgery, right)]
    found = [SECRET.encode() in text or key(SECRET) in text]
    found.append(any(signature.encode() in text for signature in expected))
    found.append(any(sign in text for sign in (b"Traceback", b"    at ", b"\tat ")))
    return [int(one) for one in found]


def expectation(client: Client) -> Outcome:
    return [client.deliver(Delivery(), expect=True).status]


def chunked(client: Client) -> Outcome:
    """Send chunks that end within a character."""
    delivery = Delivery()
    middle = delivery.body.index("ë".encode()) + 1
    parts = (delivery.body[:middle], delivery.body[middle:])
    return [client.deliver(delivery, chunks=parts).status]


def large(client: Client) -> Outcome:
    whole = invoice()
    whole["data"]["memo"] = "m" * 300_000
    return [client.status(Delivery(body=compact(whole)))]


PROBES: Final[dict[str, Callable[[Client], Outcome]]] = {
    probe.__name__: probe
    for probe in (
        *(conforming, unsigned, no_signature_header, empty_signature, forged, changed_body),
        *(cut_signature, version_alone, unknown_version, empty_key, sha1, non_ascii_signature),
        *(odd_signature, odd_timestamp, signed_odd_timestamp, odd_bytes, plain_text, sorted_keys),
        *(final_newline, same_json, whole_float, ages, accepted_again_as_new),
        *(signed_without_timestamp, two_timestamps, several_signatures, header_names, again),
        *(
            both_at_once,
            older_after_newer,
            unknown_type,
            non_json,
            invalid,
            odd_json,
            broken_schema,
        ),
        *(unknown_property, burst, burst_and_retries, other_methods, leaks, expectation, chunked),
        *(large,),
    )
}

CORRECT: Final[dict[str, Outcome]] = {
    "conforming": [200],
    "unsigned": [401],
    "no_signature_header": [401],
    "empty_signature": [401],
    "forged": [401],
    "changed_body": [401],
    "cut_signature": [401],
    "version_alone": [401],
    "unknown_version": [401],
    "empty_key": [401],
    "sha1": [401],
    "non_ascii_signature": [401],
    "odd_signature": [401],
    "odd_timestamp": [401],
    "signed_odd_timestamp": [401],
    "odd_bytes": [200],
    "plain_text": [200],
    "sorted_keys": [200],
    "final_newline": [200],
    "same_json": [401],
    "whole_float": [200],
    "ages": [200, 200, 200, 200, *[401] * 8],
    "accepted_again_as_new": [200, 401],
    "signed_without_timestamp": [401],
    "two_timestamps": [401, 401],
    "several_signatures": [200, 200, 401],
    "header_names": [200, 200],
    "again": [200, 200, 200, 1],
    "both_at_once": [*[200] * 6, 1],
    "older_after_newer": [200, 200, 1],
    "unknown_type": [200, 200],
    "non_json": [400] * 5,
    "invalid": [400],
    "odd_json": [1, 1],
    "broken_schema": [400] * 8,
    "unknown_property": [200, 200],
    "burst": [1, 200],
    "burst_and_retries": [0],
    "other_methods": [405, 405, 405, 0],
    "leaks": [0, 0, 0],
    "expectation": [200],
    "chunked": [200],
    "large": [200],
}
"""Outcome of each probe with the correct receivers."""
