"""Each single change of a valid signature is refused, and the explanation names it."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from support.scheme_contracts import PRIVATE_KEY, secret_of

from openapi.signatures.ed25519 import write_private_key
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.http_message import HttpMessageScheme
from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES, build_scheme
from openapi.signatures.scheme import SignatureScheme
from openapi.signatures.twilio import TwilioScheme
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.explain import explain_signature

AT = 1_700_000_000
HOST = "receiver.example"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Case:
    """Scheme, secret and body of valid deliveries."""

    scheme: SignatureScheme
    secret: str
    media_type: str = JSON
    body: bytes = b'{"id":"evt_1","name":"first"}'

    def sent(self) -> Message:
        """Return the message without a signature."""
        headers = ((b"Content-Type", self.media_type.encode()), (b"Host", HOST.encode()))
        message = Message(self.body, headers, url=f"http://{HOST}/hooks?team=7")
        return message.with_url(self.scheme.delivery_url(message))

    def signed(self, secret: str | None = None, at: float = AT) -> Message:
        """Return the valid message."""
        message = self.sent()
        headers = self.scheme.signed_headers(message, secret or self.secret, "msg_1", at)
        return message.with_headers(headers)

    def told(self, message: Message, at: float = AT) -> str | None:
        """Return what the finding about the signature says, or None if it is valid."""
        complaint = self.scheme.verify(message, self.secret, at)
        if complaint is None:
            return None
        origin, _, target = message.url.partition(HOST)
        delivery = Delivery(
            1, at, message.method, target, message.headers, message.body, False, "", 0
        )
        scheme = replace(self.scheme, public_url=origin + HOST)
        reason = explain_signature(scheme, delivery, self.secret)
        return f"{complaint}: {reason}"

    @property
    def value(self) -> str:
        """Value of the signature header of the valid message."""
        (value,) = self.signed().header_values(self.scheme.header)
        return value.decode()

    def with_value(self, value: str) -> Message:
        """Return the valid message with another value of the signature header."""
        return self.signed().with_headers([(self.scheme.header, value)])

    @property
    def other_secret(self) -> str:
        """Secret of the same form that no derivation from the secret gives."""
        if self.secret == PRIVATE_KEY:
            return write_private_key(b"another private key of the tests")
        return self.scheme.make_secret("77" * 16)

    @property
    def uses_hmac(self) -> bool:
        """Whether the signature is an HMAC alone, in a header of its format."""
        return isinstance(self.scheme, HmacScheme) and self.secret != PRIVATE_KEY


def http_message(**stated: str) -> SignatureScheme:
    return build_scheme({"scheme": "http-message-signatures", **stated}, "Signature", "")


CASES = {
    **{name: Case(scheme, secret_of(name)) for name, scheme in SCHEMES.items()},
    "standard-webhooks v1a": Case(SCHEMES["standard-webhooks"], PRIVATE_KEY),
    "twilio form": Case(
        SCHEMES["twilio"], secret_of("twilio"), FORM, b"To=%2B1555&Body=a+b&Name=first"
    ),
    "http-message-signatures ed25519": Case(http_message(algorithm="ed25519"), PRIVATE_KEY),
}
Change = tuple[str, Message, float, str]
"""Name, message, time of arrival, and the pattern of what the finding says."""


def digests(case: Case, value: str, change: Callable[[bytes], str]) -> str:
    """Return a header with each HMAC in it written by `change`."""
    assert isinstance(case.scheme, HmacScheme)
    pattern = "[0-9a-f]{40,}" if case.scheme.encoding == "hex" else "[A-Za-z0-9+/]{27,}=*"

    def written(found: re.Match[str]) -> str:
        hexadecimal = isinstance(case.scheme, HmacScheme) and case.scheme.encoding == "hex"
        raw = bytes.fromhex(found[0]) if hexadecimal else base64.b64decode(found[0])
        return change(raw)

    return re.sub(pattern, written, value)


def with_digest(case: Case, text: str) -> str:
    """Return the header of the valid message with another HMAC."""
    return digests(case, case.value, lambda _: text)


def changes_of_any(case: Case) -> Iterator[Change]:
    scheme, good = case.scheme, case.signed()
    yield "secret", case.signed(case.other_secret), AT, "another secret"
    yield "body", replace(good, body=case.body + b"x"), AT, r"body|Digest|bodySHA256"
    renamed = tuple(
        (b"X-Other-Signature" if n.decode() == scheme.header else n, v) for n, v in good.headers
    )
    yield (
        "header name",
        replace(good, headers=renamed),
        AT,
        f"there is no {scheme.header} header: the signature is in 'X-Other-Signature'",
    )
    for name in scheme.header_names():
        kept = tuple(pair for pair in good.headers if pair[0].decode() != name)
        yield f"no {name}", replace(good, headers=kept), AT, f"there is no {name} header"
    other = CASES["github" if scheme.name == "stripe" else "stripe"]
    headers = other.scheme.signed_headers(case.sent(), other.secret, "msg_1", AT)
    yield (
        "scheme",
        case.sent().with_headers(headers),
        AT,
        f"{other.scheme.header} is there, which is the header of the scheme {other.scheme.name}",
    )


def changes_of_time(case: Case) -> Iterator[Change]:
    scheme, good = case.scheme, case.signed()
    if not scheme.has_timestamp:
        return
    assert scheme.tolerance is not None
    late = AT + scheme.tolerance + 60
    yield "stale", good, late, f"differs from the arrival by .* the tolerance is {scheme.tolerance}"
    yield "future", good, AT - scheme.tolerance - 60, "differs from the arrival by"
    yield "milliseconds", case.signed(at=AT * 1000), AT, "not in Unix seconds but in milliseconds"
    own = {name: v.decode() for name, v in ((n.decode(), v) for n, v in good.headers)}
    pairs = tuple((name, own[name]) for name in scheme.header_names())
    fresh = good.with_headers(scheme.with_timestamp(pairs, AT + 1))
    yield "timestamp", fresh, AT, "another .*(timestamp|created)"


def changes_of_content(case: Case) -> Iterator[Change]:
    scheme, good = case.scheme, case.signed()
    if scheme.id_header is not None:
        yield "id", good.with_headers([(scheme.id_header, "msg_2")]), AT, "another id"
    if not scheme.signs_url:
        return
    yield "scheme of the URL", good.with_url(good.url.replace("http:", "https:")), AT, "URL"
    yield "path", good.with_url(good.url.replace("/hooks", "/hooks/")), AT, "slash at its end"
    yield "query", good.with_url(good.url.replace("team=7", "team=8")), AT, "another .*URL"
    if isinstance(scheme, HttpMessageScheme):
        yield "method", replace(good, method="PUT"), AT, "over the method POST"
        typed = good.with_headers([("Content-Type", "application/json; charset=utf-8")])
        yield "media type", typed, AT, "over the content-type application/json"


def changes_of_hmac(case: Case) -> Iterator[Change]:
    scheme = case.scheme
    if not isinstance(scheme, HmacScheme) or not case.uses_hmac:
        return
    encoding = "base64" if scheme.encoding == "hex" else "hex"
    wrote: Callable[[bytes], str] = bytes.hex
    if encoding == "base64":
        wrote = lambda raw: base64.b64encode(raw).decode()  # noqa: E731
    yield (
        "encoding",
        case.with_value(digests(case, case.value, wrote)),
        AT,
        f"its encoding is {encoding}, not {scheme.encoding}",
    )
    content = scheme.signed_content(case.signed())
    key = scheme.decode_secret(case.secret)
    used = scheme.algorithm.removeprefix("hmac-")
    for algorithm in sorted({"sha1", "sha256", "sha512"} - {used}):
        raw = hmac.digest(key, content, algorithm)
        text = raw.hex() if scheme.encoding == "hex" else base64.b64encode(raw).decode()
        value = with_digest(case, text)
        yield (
            f"algorithm {algorithm}",
            case.with_value(value),
            AT,
            f"computed with hmac-{algorithm}, not {scheme.algorithm}",
        )
    plain = hashlib.new(used, content, usedforsecurity=False).digest()
    text = plain.hex() if scheme.encoding == "hex" else base64.b64encode(plain).decode()
    value = with_digest(case, text)
    yield "no key", case.with_value(value), AT, f"{used} without a key"
    if scheme.prefix:
        bare = case.value.removeprefix(scheme.prefix)
        yield "no prefix", case.with_value(bare), AT, f"it lacks the prefix '{scheme.prefix}'"
    if scheme.header_format is None:
        bare = case.value.removeprefix(scheme.prefix)
        yield "other prefix", case.with_value(f"sig9={bare}"), AT, "it has the prefix 'sig9='"
    yield "quotes", case.with_value(f'"{case.value}"'), AT, "quotes|prefix"


def changes_of_key_pair(case: Case) -> Iterator[Change]:
    if case.scheme.name != "standard-webhooks" or case.uses_hmac:
        return
    raw = base64.b64decode(case.value.removeprefix("v1a,"))
    yield "encoding", case.with_value(f"v1a,{raw.hex()}"), AT, "its encoding is hex, not base64"
    yield "no prefix", case.with_value(case.value[4:]), AT, "it lacks the prefix 'v1a,'"
    yield "other prefix", case.with_value(f"v1,{case.value[4:]}"), AT, "it has the prefix 'v1,'"
    shared = case.scheme.make_secret("00" * 16)
    yield "version", case.signed(shared), AT, "only signatures of v1 .* key of v1a"


def changes_of_format(case: Case) -> Iterator[Change]:
    scheme = case.scheme
    if not isinstance(scheme, HmacScheme):
        return
    if scheme.header_format is not None:
        between = ";" if ";" in scheme.header_format else ","
        time_key, key = re.findall(r"(\w+)=\{", scheme.header_format)
        for other in sorted({",", ";", " ", "&"} - {between}):
            yield (
                f"separator {other!r}",
                case.with_value(case.value.replace(between, other)),
                AT,
                f"its parts are separated by '{re.escape(other)}', not '{between}'",
            )
        other_key = case.value.replace(f"{key}=", "v9=")
        yield "key", case.with_value(other_key), AT, f"its signature is in the part v9, not {key}"
        other_time = case.value.replace(f"{time_key}=", "at=")
        yield (
            "key of the timestamp",
            case.with_value(other_time),
            AT,
            f"its timestamp is in the part at, not {time_key}",
        )
        alone = case.value.rpartition("=")[2]
        yield "signature alone", case.with_value(alone), AT, f"it lacks the part {time_key}="
        untimed = f"{key}={alone}"
        yield "no timestamp", case.with_value(untimed), AT, f"it lacks the part {time_key}="
    if scheme.separator is not None and case.uses_hmac:
        both = scheme.signed_headers(
            case.sent(), [case.secret, scheme.other_secret(case.secret)], "msg_1", AT
        )
        for other in (", ", ";"):
            value = dict(both)[scheme.header].replace(scheme.separator, other)
            yield (
                f"separator {other!r}",
                case.with_value(value),
                AT,
                f"its signatures are separated by '{other}', not '{scheme.separator}'",
            )


def changes_of_http_messages(case: Case) -> Iterator[Change]:
    if not isinstance(case.scheme, HttpMessageScheme):
        return
    (stated,) = case.signed().header_values("Signature-Input")

    def with_input(old: str, new: str) -> Message:
        text = stated.decode()
        assert old in text
        return case.signed().with_headers([("Signature-Input", text.replace(old, new))])

    raw = base64.b64decode(case.value.partition(":")[2].rstrip(":"))
    for name, message, told in (
        ("encoding", case.with_value(f"sig1={raw.hex()}"), "between colons"),
        ("no label", case.with_value(f":{base64.b64encode(raw).decode()}:"), "not a dictionary"),
        ("label", case.with_value(case.value.replace("sig1", "sig2")), "byte sequence for sig1"),
        ("algorithm", with_input(case.scheme.hash_name, "rsa-pss-sha512"), "alg of sig1 is not"),
        ("components", with_input(' "content-digest"', ""), "does not cover content-digest"),
        ("order", with_input('"@method" "@target-uri"', '"@target-uri" "@method"'), "another "),
    ):
        yield name, message, AT, told


ALL = [
    pytest.param(case, message, at, told, id=f"{name}: {change}")
    for name, case in CASES.items()
    for made in (
        changes_of_any,
        changes_of_time,
        changes_of_content,
        changes_of_hmac,
        changes_of_key_pair,
        changes_of_format,
        changes_of_http_messages,
    )
    for change, message, at, told in made(case)
]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_unchanged_signature_is_valid(case: Case) -> None:
    assert case.told(case.signed()) is None
    if isinstance(case.scheme, TwilioScheme):
        assert case.scheme.signs_url


@pytest.mark.parametrize(("case", "message", "at", "told"), ALL)
def test_a_single_change_is_refused_and_named(
    case: Case, message: Message, at: float, told: str
) -> None:
    found = case.told(message, at)
    assert found is not None
    assert re.search(told, found), found
    assert case.secret not in found
