"""curl command that sends the same bytes as a delivery again. Pure."""

import base64
import re

from openapi.curl import body_option, curl_request, header_option
from webhook_sink.delivery import Delivery
from webhook_sink.end_to_end_headers import copy_limitations, end_to_end_headers, has_body

_MAX_INLINE_CHARS = 4000
"""Length of an inline body: terminals take no much longer lines."""
_MAX_HEREDOC_BYTES = 64 * 1024
_EXPECT_CONTINUE_BYTES = 1024 * 1024
_CURL_DEFAULT_HEADERS = (b"User-Agent", b"Accept")
"""Headers that curl adds to every request, unless told otherwise."""
_UNSENDABLE = re.compile(rb"[\0\r\n]")


def curl_command(delivery: Delivery, url: str, fetch_command: str) -> str:
    """Return the command; `url` is scheme, host and port, and a prefix of the path, if any.

    `fetch_command` is a command that writes the body, for one that is too long to stand in a text.
    """
    feed, data, end = _body(delivery, fetch_command)
    lines = [*_request(delivery, url), *_headers(delivery), *data]
    lines[0] = feed + lines[0]
    remarks = (*copy_limitations(delivery), *_lost_parts(delivery))
    comments = "".join(f"# {remark}\n" for remark in remarks)
    return comments + " \\\n  ".join(lines) + "\n" + end


def _request(delivery: Delivery, url: str) -> list[str]:
    target = delivery.target.replace("\0", "%00").encode("latin-1")
    options = ["--http1.0"] if delivery.version == "1.0" else []
    return curl_request(delivery.method, url, target, options, has_body=has_body(delivery))


def _headers(delivery: Delivery) -> list[str]:
    """Return the options for the headers; what curl would add by itself is left out."""
    pairs = [
        pair for pair in end_to_end_headers(delivery) if not _UNSENDABLE.search(b"".join(pair))
    ]
    known = {name.lower() for name, _ in pairs}
    added = [*_CURL_DEFAULT_HEADERS]
    if has_body(delivery):
        added.append(b"Content-Type")
    if len(delivery.body) > _EXPECT_CONTINUE_BYTES:
        added.append(b"Expect")
    left_out = [(name, None) for name in added if name.lower() not in known]
    return [header_option(name, value) for name, value in (*pairs, *left_out)]


def _body(delivery: Delivery, fetch_command: str) -> tuple[str, list[str], str]:
    """Return what stands before the command, its options, and what stands below it."""
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
    lost_names = [
        name for name, value in end_to_end_headers(delivery) if _UNSENDABLE.search(name + value)
    ]
    found = [f"the header {name.decode('latin-1')!a} is left out" for name in lost_names]
    if "\0" in delivery.target:
        found.append("a NUL in the target is written %00")
    return found
