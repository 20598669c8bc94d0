"""Request form: a legal way to send a request that does not change its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Tolerance = Literal["warning", "none"]
"""Severity of a rejection that the contract does not allow and that a service may justify.

`none`: the case is undecided.
"""
Transmission = Literal["whole", "segments", "expect"]
"""`segments`: in several writes; `expect`: the body after the response 100 (Continue)."""


@dataclass(frozen=True, slots=True)
class RequestForm:
    """Headers, framing and transmission of a request."""

    name: str
    headers: tuple[tuple[str, str | None], ...] = ()
    """Headers that replace those of a plain request; None omits the header."""
    chunk_bytes: int = 0
    """Maximum size of a chunk; 0: a body with Content-Length."""
    transmission: Transmission = "whole"
    upper_case: bool = False
    """Whether header names are in upper case."""
    tolerated: Mapping[int, Tolerance] = field(default_factory=dict)
    """Status -> severity, for statuses with which HTTP lets a service reject this form."""
    needs_body: bool = False
    """Whether only a request with a body has this form."""

    @property
    def needs_own_connection(self) -> bool:
        """Whether no other request may share the connection."""
        return self.transmission != "whole"

    def header_name(self, name: str) -> str:
        """Return `name` as this form writes it."""
        return name.upper() if self.upper_case else name


PLAIN_FORM = RequestForm("")
CHUNKED = RequestForm("a chunked body", chunk_bytes=2**20, tolerated={411: "none"}, needs_body=True)
EXPECT = RequestForm(
    "Expect: 100-continue",
    (("expect", "100-continue"),),
    transmission="expect",
    tolerated={417: "none"},
    needs_body=True,
)

PLAINEST_FORMS = (
    CHUNKED,
    RequestForm("a body in several segments", transmission="segments", needs_body=True),
    EXPECT,
    RequestForm("no Accept header", (("accept", None),)),
    RequestForm(
        "no User-Agent header", (("user-agent", None),), tolerated={400: "warning", 403: "warning"}
    ),
)
USUAL_FORMS = (
    RequestForm(
        "a body in chunks of 7 bytes", chunk_bytes=7, tolerated={411: "none"}, needs_body=True
    ),
    RequestForm("Accept: */*", (("accept", "*/*"),)),
    RequestForm(
        "Accept with several media types", (("accept", "application/json, text/plain, */*"),)
    ),
    RequestForm("Accept-Language: tr-TR", (("accept-language", "tr-TR,tr;q=0.9"),)),
    RequestForm("Accept-Language: ar-EG", (("accept-language", "ar-EG"),)),
    RequestForm("Accept-Language: *", (("accept-language", "*"),)),
    RequestForm("header names in upper case", upper_case=True),
    RequestForm("Connection: close", (("connection", "close"),)),
)
MANY_FORMS = (
    RequestForm(
        "a body in chunks of 1 byte", chunk_bytes=1, tolerated={411: "none"}, needs_body=True
    ),
    RequestForm("Accept: application/*", (("accept", "application/*"),)),
    RequestForm("Accept with a quality", (("accept", "*/*;q=0.1, application/json;q=0.9"),)),
    RequestForm("Accept: APPLICATION/JSON", (("accept", "APPLICATION/JSON"),)),
    RequestForm("Accept-Encoding: identity", (("accept-encoding", "identity"),)),
    RequestForm("no Accept-Encoding header", (("accept-encoding", None),)),
    RequestForm("Accept-Language: de-DE", (("accept-language", "de-DE, de;q=0.9, en;q=0.1"),)),
    RequestForm("Accept-Language: zh-Hant-TW", (("accept-language", "zh-Hant-TW"),)),
    RequestForm("Accept-Language with an unknown language", (("accept-language", "xx-hookproof"),)),
    RequestForm("Accept-Charset: utf-8", (("accept-charset", "utf-8, *;q=0.1"),)),
    RequestForm("a long User-Agent header", (("user-agent", "Mozilla/5.0" + " (hookproof)" * 40),)),
    RequestForm(
        "an empty User-Agent header",
        (("user-agent", ""),),
        tolerated={400: "warning", 403: "warning"},
    ),
)
FORMS_BY_NAME = {
    form.name: form for form in (PLAIN_FORM, *PLAINEST_FORMS, *USUAL_FORMS, *MANY_FORMS)
}
