"""URLs that a sender may have signed instead of the right one, likely ones first. Pure."""

from collections.abc import Iterator
from urllib.parse import SplitResult, unquote

from openapi.signatures.public_url import port_forms, split_url, with_parts
from openapi.signatures.twilio import BODY_HASH, TwilioScheme, form_fields
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.body_variants import NamedContent

_MAX_HEADER_VALUE_BYTES = 200


def url_variants(url: str, delivery: Delivery) -> Iterator[tuple[str, str]]:
    """Yield the name of each other URL, and the URL; a name does not contain the query."""
    if not url:
        return
    parts = split_url(url)
    yield from _other_origins(parts, delivery)
    for other in port_forms(url)[1:]:
        yield "the URL with its port written otherwise", other
    yield "the URL without its query", with_parts(parts, query="")
    bare = parts.path.rstrip("/")
    yield "the URL without the slash at its end", with_parts(parts, path=bare)
    yield "the URL with a slash at its end", with_parts(parts, path=f"{bare}/")
    yield "the percent-decoded URL", unquote(url)
    yield "the URL in lower case", url.lower()
    yield "the path and the query alone", with_parts(parts, scheme="", netloc="")
    yield "the origin of the URL alone", with_parts(parts, path="", query="")
    yield "the URL with a fragment", url + "#"


def _other_origins(parts: SplitResult, delivery: Delivery) -> Iterator[tuple[str, str]]:
    other = {"http": "https", "https": "http"}.get(parts.scheme)
    schemes = [one for one in (parts.scheme, other) if one]
    hosts = [parts.netloc, *_forwarded_hosts(delivery)]
    for host in dict.fromkeys(hosts):
        for scheme in schemes:
            if (scheme, host) != (parts.scheme, parts.netloc):
                name = f"the URL with {scheme}://"
                if host != parts.netloc:
                    name += f"{host} (pass --public-url)"
                elif scheme == "https":
                    name += " (pass --public-url)"
                yield name, with_parts(parts, scheme=scheme, netloc=host)


def _forwarded_hosts(delivery: Delivery) -> Iterator[str]:
    """Yield the hosts that a proxy, or the sender, states in headers."""
    for name in ("Host", "X-Forwarded-Host", "X-Original-Host"):
        for value in delivery.header_values(name):
            text = value.decode("latin-1").partition(",")[0].strip()
            if 0 < len(text) <= _MAX_HEADER_VALUE_BYTES and text.isascii() and text.isprintable():
                yield text


def twilio_variants(scheme: TwilioScheme, delivery: Delivery) -> Iterator[NamedContent]:
    """Yield contents with another URL, or with the form in another way."""
    messages = scheme.possible_messages(delivery.message)
    fields = form_fields(delivery.body)
    for message in messages:
        url = message.url.encode(errors="replace")
        yield "the URL alone", url
        yield "the URL and the form fields in their order", url + b"".join(n + v for n, v in fields)
        kept = sorted({(name, value) for name, value in fields if value})
        yield "the URL and the form fields but empty ones", url + b"".join(n + v for n, v in kept)
        yield "the URL and the body", url + delivery.body
    for message in messages[:1]:
        for name, other in url_variants(message.url, delivery):
            yield name, scheme.signed_content(message.with_url(other))
        parts = split_url(message.url)
        kept_query = [one for one in parts.query.split("&") if not one.startswith(BODY_HASH)]
        bare = with_parts(parts, query="&".join(kept_query))
        yield f"the URL without {BODY_HASH}", scheme.signed_content(message.with_url(bare))
