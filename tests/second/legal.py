"""What a service may do and still conform: each behaviour by name, as a change to the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import freedoms
import limits
import manners
import rules
import vault
from plan import Change, adding, around, gate, setting


@dataclass(frozen=True)
class Legal:
    """`warns`: the facts call it no violation, but worth a warning."""

    sentence: str
    change: Change
    warns: bool = False


def _may(sentence: str, change: Change) -> Legal:
    return Legal(sentence, change)


def _warned(sentence: str, change: Change) -> Legal:
    return Legal(sentence, change, warns=True)


_PAYLOADS: Final = {
    "extra-fields": _may("Answers and payloads have fields that nobody knows.", manners.EXTRA),
    "nulls": _may("What may be null is null, now whole objects, now leaves.", manners.NULLS),
    "absent-optionals": _may("Errors have no code.", adding("edits", manners.without_code)),
    "absent-payload-properties": _warned(
        "Properties that are empty are left out of the payload.",
        adding("payloads", manners.without_empty),
    ),
    "date-precision-0": _may("Dates have no fraction unless they need one.", manners.WHOLE_SECONDS),
    "date-precision-3": _may("Dates have milliseconds.", manners.dates_with(3)),
    "date-precision-7": _may("Dates have seven digits of a second.", manners.dates_with(7)),
    "date-offset": _may("Dates in payloads are local, at +02:00.", manners.dates_with(7, 120)),
    "sorted-unique-scopes": _may(
        "Scopes come back sorted and once each.", adding("payloads", manners.sorted_scopes)
    ),
    "indented-json": _may("JSON is written for people.", manners.INDENTED),
    "webhooks-ascii": _may("Payloads escape what is not ASCII.", setting(pack=manners.ascii_only)),
    "webhooks-sorted-keys": _may(
        "Payloads have their properties in the order of the alphabet.",
        adding("payloads", manners.sorted_keys),
    ),
}

_TRANSPORT: Final = {
    "charset": _may("Media types say charset=utf-8.", manners.CHARSET),
    "lower-case-headers": _may("Header names are in lower case.", manners.LOWER_CASE),
    "gzip": _may("Answers are compressed for callers that accept it.", manners.GZIP),
    "chunked": _may("Answers come in chunks.", manners.framed("chunked")),
    "connection-close": _may("Every answer ends its connection.", adding("framings", manners.ends)),
    "close-delimited": _may(
        "Answers have no length and end with the connection, as in HTTP/1.0.",
        manners.framed("close"),
    ),
    "slow-answers": _may("Every 20th answer takes 300 ms.", adding("framings", manners.slow)),
    "error-extra-headers": _may("Errors have headers of their own.", manners.ERROR_HEADERS),
    "webhooks-late": _may("Events come after 3 seconds.", manners.delayed(lambda number: 3.0)),
    "webhooks-out-of-order": _may(
        "Events overtake each other by up to 0.9 seconds.",
        manners.delayed(lambda number: 0.3 * (3 - number % 4)),
    ),
    "webhooks-first": _may("An event comes before its answer.", setting(event_first=True)),
    "webhooks-chunked": _may("Deliveries come in chunks.", adding("parcels", manners.in_chunks)),
    "webhooks-keep-alive": _may("Deliveries share connections.", setting(keep_alive=True)),
    "webhooks-documented-retries": _warned(
        "Failed deliveries are tried 5 times more, 300 s apart.", setting(retries=(300.0,) * 5)
    ),
    "webhooks-repeated": _warned(
        "The same event comes once more, though it was answered.",
        around("announce", lambda old: lambda issued: (*old(issued), (0.2, issued))),
    ),
}

_LIMITS: Final = {
    "rate-limit": _may(
        "50 requests in 5 s for an address, then 429 with seconds to wait.",
        gate("rate", lambda: limits.limiter(limits.in_seconds)),
    ),
    "retry-after-date": _may(
        "The same limit, with a date to wait for.",
        gate("rate", lambda: limits.limiter(limits.as_a_date)),
    ),
    "retry-after-absent": _warned(
        "The same limit, and no word of how long to wait.",
        gate("rate", lambda: limits.limiter(lambda end: ())),
    ),
    "rate-limit-headers": _may(
        "Every answer says what is left of the rate limit.",
        limits.telling(),
    ),
    "rate-limit-headers-broken": _warned(
        "Every answer says it in a format that is not the documented one.",
        limits.telling(manners.other_rate_headers),
    ),
}

_SHAPES: Final = {
    "same-name-twice": _may("Names need not be unique.", setting(claim=lambda vault, name: True)),
    "trim-name": _may("Outer white space of a name is cut.", freedoms.TRIM_NAME),
    "keep-lone-surrogates": _may("A name may hold half a character.", freedoms.SURROGATES),
    "bad-body-first": _warned(
        "A bad body is told before a bad credential.", setting(body_first=True)
    ),
    "accept-bom": _may("A byte order mark is skipped.", around("decode", freedoms.without_mark)),
    "accept-nan": _may(
        "The JSON library reads NaN, as Python's does.", around("decode", freedoms.with_nan)
    ),
    "other-methods-501": _may(
        "A method that no path knows is a 501 (RFC 9110, 15.6.2).",
        adding("replies", freedoms.no_405),
    ),
    "accept-any-media-type": _may(
        "The media type of a request is not looked at.", setting(media=lambda given: True)
    ),
    "media-type-400": _may("Another media type is a 400.", adding("replies", freedoms.no_415)),
    "accept-empty-expiry": _may(
        "An empty expiresAt means none.",
        rules.keeps("expiresAt", lambda v: v == "", lambda v: None),
    ),
    "accept-leap-seconds": _may("A second 60 is the next one.", freedoms.LEAP_SECONDS),
    "opaque-tokens": _may(
        "Credentials are random text that means nothing.",
        setting(recognise=vault.opaque, issue=vault.issue_opaque),
    ),
}

LEGAL: Final[dict[str, Legal]] = {
    **_PAYLOADS,
    **_TRANSPORT,
    **_LIMITS,
    **_SHAPES,
    **{name: _may(*entry) for name, entry in freedoms.UNJUDGED.items()},
    **{name: _warned(*entry) for name, entry in freedoms.WARNED.items()},
}
