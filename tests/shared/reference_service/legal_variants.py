"""Legal variants by name: changes after which a service still conforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reference_service import (
    legal_moments,
    legal_request_forms,
    lenience,
    output,
    rate_limit,
    rules,
    token_store,
)
from reference_service.behaviour import Change, adding, around, guard, setting


@dataclass(frozen=True)
class Legal:
    """One legal variant; with `warns` it is no violation, but the harness must warn."""

    sentence: str
    change: Change
    warns: bool = False


def _may(sentence: str, change: Change) -> Legal:
    return Legal(sentence, change)


def _warned(sentence: str, change: Change) -> Legal:
    return Legal(sentence, change, warns=True)


_PAYLOADS: Final = {
    "extra-fields": _may("Responses and payloads have undocumented fields.", output.EXTRA),
    "nulls": _may(
        "All nullable values are null: in turn whole objects or only leaves.", output.NULLS
    ),
    "absent-optionals": _may("Errors have no code.", adding("edits", output.without_code)),
    "absent-payload-properties": _warned(
        "The payload omits empty properties.",
        adding("payloads", output.without_empty),
    ),
    "date-precision-0": _may(
        "Dates have a fraction only where it is not zero.", output.WHOLE_SECONDS
    ),
    "date-precision-3": _may("Dates have milliseconds.", output.dates_with(3)),
    "date-precision-7": _may("Dates have seven fractional digits.", output.dates_with(7)),
    "date-offset": _may("Dates in payloads have the offset +02:00.", output.dates_with(7, 120)),
    "sorted-unique-scopes": _may(
        "Events have sorted scopes without duplicates.", adding("payloads", output.sorted_scopes)
    ),
    "indented-json": _may("JSON is indented.", output.INDENTED),
    "webhooks-ascii": _may(
        "Payloads escape all characters outside of ASCII.", setting(pack=output.ascii_only)
    ),
    "webhooks-sorted-keys": _may(
        "Payloads have their properties in alphabetical order.",
        adding("payloads", output.sorted_keys),
    ),
}

_TRANSPORT: Final = {
    "charset": _may("Media types have charset=utf-8.", output.CHARSET),
    "lower-case-headers": _may("Header names are in lower case.", output.LOWER_CASE),
    "gzip": _may("Responses are gzipped for callers that accept it.", output.GZIP),
    "chunked": _may("Responses are chunked.", output.framed("chunked")),
    "connection-close": _may(
        "Every response closes its connection.", adding("framings", output.ends)
    ),
    "close-delimited": _may(
        "Responses have no length; closing the connection ends them, as in HTTP/1.0.",
        output.framed("close"),
    ),
    "slow-answers": _may("Every 20th response takes 300 ms.", adding("framings", output.slow)),
    "error-extra-headers": _may("Errors have additional headers.", output.ERROR_HEADERS),
    "webhooks-late": _may("Events arrive after 3 seconds.", output.delayed(lambda number: 3.0)),
    "webhooks-out-of-order": _may(
        "Events arrive out of order, by up to 0.9 seconds.",
        output.delayed(lambda number: 0.3 * (3 - number % 4)),
    ),
    "webhooks-first": _may("An event arrives before its response.", setting(event_first=True)),
    "webhooks-chunked": _may("Deliveries are chunked.", adding("deliveries", output.in_chunks)),
    "webhooks-keep-alive": _may("Deliveries share connections.", setting(keep_alive=True)),
    "webhooks-documented-retries": _warned(
        "Failed deliveries are retried 5 times, 300 s apart.", setting(retries=(300.0,) * 5)
    ),
    "webhooks-repeated": _warned(
        "The same event is sent again after a 2xx response.",
        around("announce", lambda old: lambda issued: (*old(issued), (0.2, issued))),
    ),
}

_LIMITS: Final = {
    "rate-limit": _may(
        "50 requests in 5 s per address, then 429 with Retry-After in seconds.",
        guard("rate", lambda: rate_limit.limiter(rate_limit.in_seconds)),
    ),
    "retry-after-date": _may(
        "The same limit, with a date in Retry-After.",
        guard("rate", lambda: rate_limit.limiter(rate_limit.as_a_date)),
    ),
    "retry-after-absent": _warned(
        "The same limit, without Retry-After.",
        guard("rate", lambda: rate_limit.limiter(lambda end: ())),
    ),
    "rate-limit-headers": _may(
        "Every response has the rate limit headers.",
        rate_limit.telling(),
    ),
    "rate-limit-headers-broken": _warned(
        "Every response has rate limit headers in another format than documented.",
        rate_limit.telling(output.other_rate_headers),
    ),
}

_SHAPES: Final = {
    "same-name-twice": _may(
        "Names need not be unique.", setting(claim=lambda token_store, name: True)
    ),
    "trim-name": _may("Leading and trailing white space of a name is removed.", lenience.TRIM_NAME),
    "keep-lone-surrogates": _may("A name may contain a lone surrogate.", lenience.SURROGATES),
    "bad-body-first": _warned(
        "The body is checked before the credential.", setting(body_first=True)
    ),
    "accept-bom": _may("A byte order mark is skipped.", around("decode", lenience.without_mark)),
    "accept-nan": _may(
        "The JSON library reads NaN, as Python's does.", around("decode", lenience.with_nan)
    ),
    "other-methods-501": _may(
        "An unknown method is a 501 (RFC 9110, 15.6.2).",
        adding("replies", lenience.no_405),
    ),
    "accept-any-media-type": _may(
        "The media type of a request is not checked.", setting(media=lambda given: True)
    ),
    "media-type-400": _may("Another media type is a 400.", adding("replies", lenience.no_415)),
    "accept-empty-expiry": _may(
        "An empty expiresAt means no expiry.",
        rules.keeps("expiresAt", lambda v: v == "", lambda v: None),
    ),
    "accept-leap-seconds": _may(
        "A leap second (60) is read as the following second.", lenience.LEAP_SECONDS
    ),
    "opaque-tokens": _may(
        "Credentials are opaque random text.",
        setting(recognise=token_store.opaque, issue=token_store.issue_opaque),
    ),
}

_CREDENTIALS: Final = {
    "permission-after-body": _may(
        "The permission is checked after the body.", lenience.PERMISSION_LAST
    ),
    "malformed-header-400": _may(
        "A header that RFC 9110 does not allow is a 400 (RFC 6750, 3.1).",
        around("present", lenience.malformed_header_400),
    ),
    "long-header-431": _may(
        "A header above 4 KiB is a 431 (RFC 6585, 5).",
        guard("long-header", lambda: lenience.long_header_431),
    ),
    "unknown-query-400": _may(
        "A query parameter that is not documented is a 400, and the error quotes it.",
        guard("query", lambda: lenience.unknown_query_400),
    ),
    "cookie-without-csrf-403": _may(
        "A request with a cookie needs a token against forgery.",
        guard("cookie", lambda: lenience.cookie_403),
    ),
    "hexadecimal-tokens": _may(
        "Issued credentials are UUIDs, which are read in any case.", lenience.UUID_TOKENS
    ),
    "short-lifetimes-lengthened": _may(
        "A token is valid for an hour at least.", lenience.LEAST_LIFETIME
    ),
}

_RECEIVERS: Final = {
    "webhooks-in-order": _may(
        "Events are sent in order: a failed delivery holds back the later ones.",
        setting(in_order=True),
    ),
    "webhooks-honour-retry-after": _may(
        "All deliveries pause as long as Retry-After says, and for a second after a 503.",
        setting(pause=lambda reply: max(reply.retry_after, float(reply.status == 503))),
    ),
    "webhooks-short-timeout": _may(
        "A receiver has one second for its response.", setting(response_timeout=1.0)
    ),
    "webhooks-no-retry-of-4xx": _warned(
        "A delivery that got a 4xx is not retried.",
        around(
            "take_reply",
            lambda old: lambda reply: "lost" if 400 <= (reply.status or 0) < 500 else old(reply),
        ),
    ),
}

LEGAL: Final[dict[str, Legal]] = {
    **_CREDENTIALS,
    **_PAYLOADS,
    **_TRANSPORT,
    **_LIMITS,
    **_SHAPES,
    **_RECEIVERS,
    **{name: _may(*entry) for name, entry in lenience.UNJUDGED.items()},
    **{name: _may(*entry) for name, entry in legal_request_forms.UNJUDGED.items()},
    **{name: _warned(*entry) for name, entry in legal_request_forms.WARNED.items()},
    **{name: _warned(*entry) for name, entry in lenience.WARNED.items()},
    **{name: _may(*entry) for name, entry in legal_moments.UNJUDGED.items()},
    **{name: _warned(*entry) for name, entry in legal_moments.WARNED.items()},
}
