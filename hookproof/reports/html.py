"""`report.html`: the whole run on one page. Pure: report data in, HTML out.

The page loads nothing and runs no script. Its Content-Security-Policy enforces this; it allows the
style sheets, which are those of all pages and one for the report, by their hash.
"""

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import groupby, takewhile

import jinja2
from jinja2.filters import do_mark_safe

from hookproof.reports import finding_place, wording
from hookproof.reports.json_format import indent_json
from openapi.contract import Json
from openapi.safe_text import escape_ascii, is_hidden

_SHARED_SHEETS = ("tokens.css", "base.css", "header.css")


def page(data: dict[str, Json], release: str) -> str:
    """Return the page; `release` is the version of hookproof."""
    resources, shared = files("hookproof.reports"), files("openapi.http").joinpath("static")
    sheets = [*(shared.joinpath(name) for name in _SHARED_SHEETS), resources.joinpath("report.css")]
    style = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_highlight_hidden,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["indent_json"] = indent_json
    template = resources.joinpath("report.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        data=data,
        icon=shared.joinpath("icon.svg").read_text(encoding="utf-8"),
        place=finding_place,
        release=release,
        split_difference=_split_difference,
        style=style,
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
        verdict=wording.verdict(data),
        wording=wording,
    )


def _highlight_hidden(value: object) -> object:
    """Return a value of the template; in text, hidden characters are escaped and highlighted."""
    if hasattr(value, "__html__"):  # markup of the template
        return value
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    parts = groupby(text, key=lambda c: is_hidden(c) and c not in "\n\t")
    return do_mark_safe(
        "".join(
            f'<b class="odd">{escape_ascii("".join(run))}</b>' if odd else escape("".join(run))
            for odd, run in parts
        )
    )


def _split_difference(field: dict[str, Json]) -> list[tuple[str, str, str]]:
    """Return the sent and the received JSON, each split: text before, in and after the difference.

    A field without a note has no difference to mark.
    """
    sent, received = (json.dumps(field[key], ensure_ascii=False) for key in ("sent", "received"))
    if not field["note"]:
        return [(sent, "", ""), (received, "", "")]
    before = _common_prefix_length(sent, received)
    after = _common_prefix_length(sent[before:][::-1], received[before:][::-1])
    ends = [(text, len(text) - after) for text in (sent, received)]
    return [(text[:before], text[before:end], text[end:]) for text, end in ends]


def _common_prefix_length(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
