"""What a service may do and still conform: each behaviour by name, as a change to the behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reference_service import lenience, output, rate_limit, rules, token_store
from reference_service.behaviour import Change, adding, around, guard, setting


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
    "extra-fields": _may("Responses and payloads have fields that nobody knows.", output.EXTRA),
    "nulls": _may("What may be null is null, now whole objects, now leaves.", output.NULLS),
    "absent-optionals": _may("Errors have no code.", adding("edits", output.without_code)),
    "absent-payload-properties": _warned(
        "Properties that are empty are left out of the payload.",
        adding("payloads", output.without_empty),
    ),
    "date-precision-0": _may("Dates have no fraction unless they need one.", output.WHOLE_SECONDS),
    "date-precision-3": _may("Dates have milliseconds.", output.dates_with(3)),
    "date-precision-7": _may("Dates have seven digits of a second.", output.dates_with(7)),
    "date-offset": _may("Dates in payloads are local, at +02:00.", output.dates_with(7, 120)),
    "sorted-unique-scopes": _may(
        "Scopes come back sorted and once each.", adding("payloads", output.sorted_scopes)
    ),
    "indented-json": _may("JSON is written for people.", output.INDENTED),
    "webhooks-ascii": _may("Payloads escape what is not ASCII.", setting(pack=output.ascii_only)),
    "webhooks-sorted-keys": _may(
        "Payloads have their properties in the order of the alphabet.",
        adding("payloads", output.sorted_keys),
    ),
}

_TRANSPORT: Final = {
    "charset": _may("Media types say charset=utf-8.", output.CHARSET),
    "lower-case-headers": _may("Header names are in lower case.", output.LOWER_CASE),
    "gzip": _may("Responses are compressed for callers that accept it.", output.GZIP),
    "chunked": _may("Responses come in chunks.", output.framed("chunked")),
    "connection-close": _may(
        "Every response ends its connection.", adding("framings", output.ends)
    ),
    "close-delimited": _may(
        "Responses have no length and end with the connection, as in HTTP/1.0.",
        output.framed("close"),
    ),
    "slow-answers": _may("Every 20th response takes 300 ms.", adding("framings", output.slow)),
    "error-extra-headers": _may("Errors have headers of their own.", output.ERROR_HEADERS),
    "webhooks-late": _may("Events come after 3 seconds.", output.delayed(lambda number: 3.0)),
    "webhooks-out-of-order": _may(
        "Events overtake each other by up to 0.9 seconds.",
        output.delayed(lambda number: 0.3 * (3 - number % 4)),
    ),
    "webhooks-first": _may("An event comes before its response.", setting(event_first=True)),
    "webhooks-chunked": _may("Deliveries come in chunks.", adding("deliveries", output.in_chunks)),
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
        guard("rate", lambda: rate_limit.limiter(rate_limit.in_seconds)),
    ),
    "retry-after-date": _may(
        "The same limit, with a date to wait for.",
        guard("rate", lambda: rate_limit.limiter(rate_limit.as_a_date)),
    ),
    "retry-after-absent": _warned(
        "The same limit, and no word of how long to wait.",
        guard("rate", lambda: rate_limit.limiter(lambda end: ())),
    ),
    "rate-limit-headers": _may(
        "Every response says what is left of the rate limit.",
        rate_limit.telling(),
    ),
    "rate-limit-headers-broken": _warned(
        "Every response says it in a format that is not the documented one.",
        rate_limit.telling(output.other_rate_headers),
    ),
}

_SHAPES: Final = {
    "same-name-twice": _may(
        "Names need not be unique.", setting(claim=lambda token_store, name: True)
    ),
    "trim-name": _may("Outer white space of a name is cut.", lenience.TRIM_NAME),
    "keep-lone-surrogates": _may("A name may hold half a character.", lenience.SURROGATES),
    "bad-body-first": _warned(
        "A bad body is told before a bad credential.", setting(body_first=True)
    ),
    "accept-bom": _may("A byte order mark is skipped.", around("decode", lenience.without_mark)),
    "accept-nan": _may(
        "The JSON library reads NaN, as Python's does.", around("decode", lenience.with_nan)
    ),
    "other-methods-501": _may(
        "A method that no path knows is a 501 (RFC 9110, 15.6.2).",
        adding("replies", lenience.no_405),
    ),
    "accept-any-media-type": _may(
        "The media type of a request is not looked at.", setting(media=lambda given: True)
    ),
    "media-type-400": _may("Another media type is a 400.", adding("replies", lenience.no_415)),
    "accept-empty-expiry": _may(
        "An empty expiresAt means none.",
        rules.keeps("expiresAt", lambda v: v == "", lambda v: None),
    ),
    "accept-leap-seconds": _may("A second 60 is the next one.", lenience.LEAP_SECONDS),
    "opaque-tokens": _may(
        "Credentials are random text that means nothing.",
        setting(recognise=token_store.opaque, issue=token_store.issue_opaque),
    ),
}

LEGAL: Final[dict[str, Legal]] = {
    **_PAYLOADS,
    **_TRANSPORT,
    **_LIMITS,
    **_SHAPES,
    **{name: _may(*entry) for name, entry in lenience.UNJUDGED.items()},
    **{name: _warned(*entry) for name, entry in lenience.WARNED.items()},
}
