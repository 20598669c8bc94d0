"""HTML elements as text. `html_text` escapes all text that is not a literal in this module."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from openapi.safe_text import escape_ascii, is_hidden


def html_text(text: object) -> str:
    """Return `text` as HTML text: markup escaped, hidden characters escaped and highlighted."""
    text = str(text)
    if text.isascii() and text.isprintable():
        return escape(text)
    parts = groupby(text, key=lambda c: is_hidden(c) and c not in "\n\t")
    return "".join(
        f'<b class="odd">{escape(escape_ascii("".join(run)))}</b>' if odd else escape("".join(run))
        for odd, run in parts
    )


def code(text: object) -> str:
    """Return `text` as code."""
    return f"<code>{html_text(text)}</code>"


def badge(name: str, text: str) -> str:
    """Return a badge in the colour of `name`, a class of the style sheet."""
    return f'<span class="badge {name}">{html_text(text)}</span>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. `caption`, `heads` and the cells of `rows` are HTML.

    The first cell of a row is its header.
    """
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>\n'
        for row in rows
    )
    return (
        f'<div class="wide"><table><caption>{caption}</caption>'
        f"<thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>\n"
    )


def definition_list(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and values, both HTML, without empty values."""
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs if value)
    return f'<dl class="facts">{items}</dl>\n'


def section(name: str, title: str, body: str) -> str:
    """Return a section with a heading of the id `name`; nothing if `body` is empty."""
    if not body:
        return ""
    head = f'<h2 id="{name}">{html_text(title)}</h2>'
    return f'<section aria-labelledby="{name}">{head}\n{body}</section>\n'
