"""Content of a response: its media type, and the bytes of a value in this type."""

import base64
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from mock_server.messages import Headers, HttpResponse, json_response
from openapi.contract import Json, ResponseSpec

_BODILESS_STATUSES = frozenset([204, 205, 304])
_TYPES_OF_RANGES = {"text": "text/plain", "image": "image/png"}
"""Type that the mock sends for a range of media types; for others it sends JSON."""
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
"""Image of one pixel."""


def preferred_content(response_spec: ResponseSpec) -> tuple[str, str] | None:
    """Return media type and schema pointer of the content to send: JSON, else the first one."""
    content = response_spec.content.items()
    found = next((item for item in content if is_json(sent_media_type(item[0]))), None)
    return found or next(iter(content), None)


@lru_cache(maxsize=1024)
def sent_media_type(documented: str) -> str:
    """Return the media type to send for a documented one, which may be a range such as `text/*`."""
    major, _, minor = documented.partition(";")[0].strip().lower().partition("/")
    if "*" not in (major, minor):
        return documented
    return _TYPES_OF_RANGES.get(major, "application/json")


@lru_cache(maxsize=1024)
def is_json(media_type: str) -> bool:
    """Return whether a media type is JSON (RFC 6839, section 3.1)."""
    minor = media_type.partition(";")[0].strip().lower().rpartition("/")[2]
    return minor == "json" or minor.endswith("+json")


def content_response(status: int, value: Json, headers: Headers, documented: str) -> HttpResponse:
    """Return a response whose body is `value` in the documented media type."""
    if status in _BODILESS_STATUSES:
        return HttpResponse(status, headers, b"")
    media_type = sent_media_type(documented)
    if is_json(media_type):
        return json_response(status, value, headers, media_type)
    stated = (b"content-type", media_type.encode("latin-1", "replace"))
    return HttpResponse(status, (stated, *headers), encode_content(media_type, value))


def encode_content(media_type: str, value: Json) -> bytes:
    """Return the bytes of `value`: XML or a form for an object in such a type, else text."""
    essence = media_type.partition(";")[0].strip().lower()
    if essence == "image/png":
        return _PNG
    if isinstance(value, str):
        return value.encode(errors="replace")
    if value is None:
        return b""
    if essence.endswith(("/xml", "+xml")):
        body = "".join(_elements("root", value))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode(errors="replace")
    if essence == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode({key: _text(item) for key, item in value.items()}).encode()
    return _text(value).encode()


def _elements(name: str, value: Json) -> Iterator[str]:
    """Yield the XML elements of a property; an array is one element for each item."""
    name = re.sub(r"[^\w.-]|^(?![A-Za-z_])", "_", name)
    if isinstance(value, list):
        for item in value:
            yield from _elements("item" if name == "root" else name, item)
    elif isinstance(value, dict):
        inner = "".join(part for key, item in value.items() for part in _elements(key, item))
        yield f"<{name}>{inner}</{name}>"
    else:
        yield f"<{name}>{escape(_text(value))}</{name}>"


def _text(value: Json) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
