"""Components of an HTTP message, and the signature base over them (RFC 9421, section 2). Pure."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

from openapi.signatures.message import Message
from openapi.signatures.public_url import split_url, with_parts, with_path
from openapi.signatures.structured_fields import Parameters, write_item, write_member

Component = tuple[str, Parameters]
"""Name and parameters of a component."""
URL_COMPONENTS = frozenset(
    ("@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query", "@query-param")
)
"""Components that are taken from the URL."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def signature_base(
    message: Message, components: Sequence[Component], parameters: Parameters
) -> bytes | None:
    """Return the text that is signed; None if the message lacks a component."""
    lines: list[str] = []
    for name, own in components:
        value = component_value(message, name, own)
        if value is None:
            return None
        lines.append(f"{write_item(name, own)}: {value}")
    covered = [(name, dict(own)) for name, own in components]
    stated = write_member("x", covered, parameters).removeprefix("x=")
    lines.append(f'"@signature-params": {stated}')
    return "\n".join(lines).encode("latin-1", "replace")


def component_value(message: Message, name: str, parameters: Parameters) -> str | None:
    """Return the value of a component; None if the message has none, or it is not supported."""
    if name == "@query-param":
        return _query_parameter(message, parameters)
    if parameters:
        return None
    if name == "@method":
        return message.method
    if name.startswith("@"):
        return _url_component(message, name)
    values = message.header_values(name)
    return ", ".join(_unfolded(value) for value in values) if values else None


def _unfolded(value: bytes) -> str:
    return " ".join(line.strip(" \t") for line in value.decode("latin-1").splitlines())


def normal_url(url: str) -> str:
    """Return an absolute URL with its host in lower case, without a default port, with a path."""
    parts = split_url(with_path(url))
    host = parts.netloc.rpartition("@")[2].lower()
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is not None:
        host = host.removesuffix(f":{default}")
    return with_parts(parts, netloc=host)


def _url_component(message: Message, name: str) -> str | None:
    if not message.url:
        return None
    url = normal_url(message.url)
    parts = split_url(url)
    query = f"?{parts.query}"
    values = {
        "@target-uri": url,
        "@authority": parts.netloc,
        "@scheme": parts.scheme,
        "@request-target": parts.path + (query if parts.query else ""),
        "@path": parts.path,
        "@query": query,
    }
    return values.get(name)


def _query_parameter(message: Message, parameters: Parameters) -> str | None:
    """Return the encoded value of one parameter of the query (RFC 9421, section 2.2.8)."""
    wanted: Any = parameters.get("name")
    if set(parameters) != {"name"} or not isinstance(wanted, str) or not message.url:
        return None
    try:
        fields = parse_qsl(split_url(message.url).query, keep_blank_values=True)
    except ValueError:
        return None
    found = [value for name, value in fields if _encoded(name) == wanted]
    return _encoded(found[0]) if len(found) == 1 else None


def _encoded(text: str) -> str:
    return quote(text, safe="*").replace("~", "%7E")
