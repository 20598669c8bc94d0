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
Probe = Callable[[Client], Outcome]
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret, of another sender").decode()
HALF_A_DAY_S = 43200
DAYS_S = 2 * 86400
BURST = 24
"""Number of deliveries at once."""
PROBES: Final[dict[str, Probe]] = {}
CORRECT: Final[dict[str, Outcome]] = {}
"""Outcome of each probe with the correct receivers."""


def probe(correct: Outcome) -> Callable[[Probe], Probe]:
    """Register a probe with its outcome for the correct receivers."""

    def register(function: Probe) -> Probe:
        PROBES[function.__name__] = function
        CORRECT[function.__name__] = correct
        return function

    return register


@probe([200])
def conforming(client: Client) -> Outcome:
    return [client.status(Delivery())]


@probe([401])
def unsigned(client: Client) -> Outcome:
    return [client.deliver(Delivery(), headers=[]).status]


@probe([401])
def no_signature_header(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.deliver(delivery, headers=delivery.headers[:2]).status]


@probe([401])
def empty_signature(client: Client) -> Outcome:
    return [client.status(Delivery(signature=""))]


@probe([401])
def forged(client: Client) -> Outcome:
    return [client.status(Delivery(secret=OTHER_SECRET))]


@probe([401])
def changed_body(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.status(delivery.frozen(body=delivery.body.replace(b"12900", b"12901")))]


@probe([401])
def cut_signature(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.status(delivery.frozen(signature=delivery.signed[:24]))]


@probe([401])
def version_alone(client: Client) -> Outcome:
    return [client.status(Delivery(signature="v1,"))]


@probe([401])
def unknown_version(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.status(delivery.frozen(signature="v9," + delivery.signed[3:]))]


@probe([401])
def empty_body_signature(client: Client) -> Outcome:
    delivery = Delivery()
    return [client.status(delivery.frozen(signature=replace(delivery, body=b"").signed))]


@probe([401])
def empty_key(client: Client) -> Outcome:
    return [client.status(Delivery(secret=""))]


@probe([401])
def sha1(client: Client) -> Outcome:
    delivery = Delivery()
    content = f"{delivery.id}.{delivery.timestamp}.".encode() + delivery.body
    return [client.status(replace(delivery, signature="v1," + mac(content, key(SECRET), "sha1")))]


@probe([401])
def non_ascii_signature(client: Client) -> Outcome:
    return [client.status(Delivery(signature="v1,ÿÿÿÿ"))]


@probe([401])
def odd_signature(client: Client) -> Outcome:
    return [client.status(Delivery(signature="v1,%%%"))]


@probe([401])
def odd_timestamp(client: Client) -> Outcome:
    return [client.status(Delivery().frozen(timestamp="yesterday"))]


@probe([401])
def signed_odd_timestamp(client: Client) -> Outcome:
    return [client.status(Delivery(timestamp="yesterday"))]


@probe([200])
def odd_bytes(client: Client) -> Outcome:
    return [client.status(Delivery(body=json.dumps(invoice(), indent=2).encode()))]


@probe([200])
def plain_text(client: Client) -> Outcome:
    return [client.status(Delivery(body=json.dumps(invoice()).encode()))]


@probe([200])
def sorted_keys(client: Client) -> Outcome:
    return [client.status(Delivery(body=compact(dict(reversed(invoice().items())))))]


@probe([200])
def final_newline(client: Client) -> Outcome:
    return [client.status(Delivery(body=compact(invoice()) + b"\n"))]


@probe([401])
def same_json(client: Client) -> Outcome:
    delivery = Delivery()
    spaced = delivery.body.replace(b'":', b'": ')
    return [client.status(delivery.frozen(body=spaced))]


@probe([200])
def whole_float(client: Client) -> Outcome:
    return [client.status(Delivery(body=compact(invoice()).replace(b"12900", b"12900.0")))]


@probe([200, 200, 200, 200, *[401] * 8])
def ages(client: Client) -> Outcome:
    old = [0, 200, 400, HALF_A_DAY_S, DAYS_S, 40 * 86400]
    return [client.status(Delivery().aged(sign * age)) for age in old for sign in (1, -1)]


@probe([200, 401])
def accepted_again_as_new(client: Client) -> Outcome:
    delivery = Delivery().aged(200)
    fresh = delivery.frozen(timestamp=str(int(time.time())))
    return [client.status(delivery), client.status(fresh)]


@probe([401])
def signed_without_timestamp(client: Client) -> Outcome:
    delivery = Delivery()
    content = f"{delivery.id}.".encode() + delivery.body
    return [client.status(replace(delivery, signature="v1," + mac(content, key(SECRET))))]


@probe([401, 401])
def two_timestamps(client: Client) -> Outcome:
    old = Delivery().aged(DAYS_S)
    fresh = ("webhook-timestamp", str(int(time.time())))
    both = [[*old.headers, fresh], [fresh, *old.headers]]
    return [client.deliver(old, headers=headers).status for headers in both]


@probe([200, 200, 401])
def several_signatures(client: Client) -> Outcome:
    delivery, wrong = Delivery(), Delivery().signed
    lists = [f"{wrong} {delivery.signed}", f"{delivery.signed} {wrong}", f"{wrong} {wrong}"]
    return [client.status(replace(delivery, signature=value)) for value in lists]


@probe([200, 200])
def header_names(client: Client) -> Outcome:
    delivery = Delivery()
    forms: list[Callable[[str], str]] = [str.title, str.upper]
    return [
        client.deliver(
            delivery, headers=[(form(name), f" {value} ") for name, value in delivery.headers]
        ).status
        for form in forms
    ]


@probe([200, 200, 200, 1])
def again(client: Client) -> Outcome:
    before, delivery = client.effects(), Delivery()
    statuses = [client.status(one) for one in (delivery, delivery, delivery.aged(5))]
    return [*statuses, client.effects() - before]


@probe([*[200] * 6, 1])
def both_at_once(client: Client) -> Outcome:
    before, delivery = client.effects(), Delivery()
    statuses = client.at_once([delivery] * 6)
    return [*sorted(statuses), client.effects() - before]


@probe([200, 200, 1])
def older_after_newer(client: Client) -> Outcome:
    before, newer = client.effects(), invoice(timestamp="2026-04-20T13:11:35Z")
    older = {**newer, "timestamp": "2026-04-20T12:00:00Z", "type": "invoice.voided"}
    statuses = [client.status(Delivery(body=compact(one))) for one in (newer, older)]
    return [*statuses, client.effects() - before]


@probe([200, 200])
def unknown_type(client: Client) -> Outcome:
    kinds = ("invoice.refunded", "toString")
    return [client.status(Delivery(body=compact(invoice(type=kind)))) for kind in kinds]


@probe([400] * 5)
def non_json(client: Client) -> Outcome:
    bodies = [b"not json", b"", b"\x00\xff", b'{"type":'] + [b"[" * 100_000 + b"]" * 100_000]
    return [client.status(Delivery(body=body)) for body in bodies]


@probe([400])
def invalid(client: Client) -> Outcome:
    return [client.status(Delivery(body=b"not json"))]


@probe([1, 1])
def odd_json(client: Client) -> Outcome:
    """Return for each body whether it got a response that is no error of the receiver."""
    deep = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    digits = compact(invoice()).replace(b"12900", b"1" * 6000)
    statuses = [client.status(Delivery(body=body)) for body in (deep, digits)]
    return [int(200 <= status < 500) for status in statuses]


@probe([200])
def lone_surrogate(client: Client) -> Outcome:
    odd = compact(invoice()).replace(b"2026-0042", rb"\ud800")
    return [client.status(Delivery(body=odd))]


@probe([200])
def voided(client: Client) -> Outcome:
    return [client.status(Delivery(body=compact(invoice(type="invoice.voided"))))]


@probe([400] * 8)
def broken_schema(client: Client) -> Outcome:
    whole = invoice()
    payloads: list[Any] = [{k: v for k, v in whole.items() if k != name} for name in whole]
    payloads += [{**whole, "data": None}, {**whole, "timestamp": 1}, {**whole, "type": []}, []]
    payloads.append({**whole, "data": {**whole["data"], "id": 7}})
    return [client.status(Delivery(body=compact(payload))) for payload in payloads]


@probe([200, 200])
def unknown_property(client: Client) -> Outcome:
    whole = invoice()
    inner = {**whole, "data": {**whole["data"], "colour": "red"}}
    return [client.status(Delivery(body=compact(one))) for one in ({**whole, "extra": 1}, inner)]


@probe([1, 200])
def burst(client: Client) -> Outcome:
    """Return whether all was right, and a delivery after the burst."""
    statuses = client.at_once([Delivery() for _ in range(BURST)])
    return [int(set(statuses) == {200}), client.status(Delivery())]


@probe([0])
def burst_and_retries(client: Client) -> Outcome:
    """Return the statuses of the retries of what failed, and the missing effects."""
    before, deliveries = client.effects(), [Delivery() for _ in range(BURST)]
    statuses = client.at_once(deliveries)
    failed = [one for one, status in zip(deliveries, statuses, strict=True) if status != 200]
    retried = {client.status(one) for one in failed} - {200}
    return [*sorted(retried), BURST - (client.effects() - before)]


@probe([405, 405, 405, 0])
def other_methods(client: Client) -> Outcome:
    before = client.effects()
    statuses = [client.send(name, "/webhooks").status for name in ("GET", "PUT", "DELETE")]
    return [*statuses, client.effects() - before]


@probe([0, 0, 0])
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


@probe([200])
def expectation(client: Client) -> Outcome:
    return [client.deliver(Delivery(), expect=True).status]


@probe([200])
def chunked(client: Client) -> Outcome:
    """Send chunks that end within a character."""
    delivery = Delivery()
    middle = delivery.body.index("ë".encode()) + 1
    parts = (delivery.body[:middle], delivery.body[middle:])
    return [client.deliver(delivery, chunks=parts).status]


@probe([200])
def large(client: Client) -> Outcome:
    whole = invoice()
    whole["data"]["memo"] = "m" * 300_000
    return [client.status(Delivery(body=compact(whole)))]


@probe([413])
def too_large(client: Client) -> Outcome:
    return [client.status(Delivery(body=b" " * 3_000_000 + compact(invoice())))]
