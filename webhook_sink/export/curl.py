"""curl command that resends the bytes of a delivery. Pure."""

import base64

from openapi.curl import body_option, curl_request, header_option
from webhook_sink.delivery import Delivery
from webhook_sink.end_to_end_headers import (
    UNSENDABLE,
    copy_limitations,
    end_to_end_headers,
    has_body,
    sendable_headers,
)

_MAX_INLINE_CHARS = 4000
"""Limit below which terminals accept a line."""
_MAX_HEREDOC_BYTES = 64 * 1024
_EXPECT_CONTINUE_BYTES = 1024 * 1024
_CURL_DEFAULT_HEADERS = (b"User-Agent", b"Accept")
"""Headers that curl adds to every request by default."""


def curl_command(delivery: Delivery, url: str, fetch_command: str) -> str:
    """Return the command; `url` has scheme, host, port and an optional path prefix.

    `fetch_command` is a command that writes the body to stdout, for a body that is too long.
    """
    pipe, data, heredoc = _body(delivery, fetch_command)
    lines = [*_request(delivery, url), *_headers(delivery), *data]
    lines[0] = pipe + lines[0]
    remarks = (*copy_limitations(delivery), *_lost_parts(delivery))
    comments = "".join(f"# {remark}\n" for remark in remarks)
    return comments + " \\\n  ".join(lines) + "\n" + heredoc


def _request(delivery: Delivery, url: str) -> list[str]:
    target = delivery.target.replace("\0", "%00").encode("latin-1")
    options = ["--http1.0"] if delivery.version == "1.0" else []
    return curl_request(delivery.method, url, target, options, has_body=has_body(delivery))


def _headers(delivery: Delivery) -> list[str]:
    """Return the header options, including those that suppress curl's own headers."""
    pairs = sendable_headers(delivery)
    present = {name.lower() for name, _ in pairs}
    added = [*_CURL_DEFAULT_HEADERS]
    if has_body(delivery):
        added.append(b"Content-Type")
    if len(delivery.body) > _EXPECT_CONTINUE_BYTES:
        added.append(b"Expect")
    suppressed = [(name, None) for name in added if name.lower() not in present]
    return [header_option(name, value) for name, value in (*pairs, *suppressed)]


def _body(delivery: Delivery, fetch_command: str) -> tuple[str, list[str], str]:
    """Return the pipe before the command, the body option, and the heredoc after it."""
    body = delivery.body
    if not has_body(delivery):
        return "", [], ""
    if len(body) > _MAX_HEREDOC_BYTES:
        return f"{fetch_command} | ", ["--data-binary @-"], ""
    option = body_option(body)
    if option is not None and len(option) <= _MAX_INLINE_CHARS:
        return "", [option], ""
    text = base64.encodebytes(body).decode("ascii")
    return "base64 -d <<'END' | ", ["--data-binary @-"], f"{text}END\n"


def _lost_parts(delivery: Delivery) -> list[str]:
    found = [
        f"the header {name.decode('latin-1')!a} is left out"
        for name, value in end_to_end_headers(delivery)
        if UNSENDABLE.search(name + value)
    ]
    if "\0" in delivery.target:
        found.append("a NUL in the target is written %00")
    return found
