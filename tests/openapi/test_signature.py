"""Signatures: known values, verification, reasons and unsuitable secrets."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from openapi.loading.loader import load_contract
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message
from openapi.signatures.scheme import SignatureScheme, secret_problem
from openapi.signatures.standard_webhooks import SCHEME as STANDARD

SCHEME = load_contract().events[0].signature
HEX = HmacScheme(header="X-Signature", prefix="sha256=")
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = 1614265330
Pairs = list[tuple[bytes, bytes]]
BODY = b"The quick brown fox jumps over the lazy dog"


def scheme() -> HmacScheme:
    assert isinstance(SCHEME, HmacScheme)
    return SCHEME


def verify(
    scheme: SignatureScheme, headers: Pairs, body: bytes, secret: str, at: float | None = None
) -> str | None:
    return scheme.verify(Message(body, tuple(headers)), secret, at)


def sign(scheme: HmacScheme, body: bytes, secret: str, headers: Pairs | None = None) -> str:
    return scheme.sign(Message(body, tuple(headers or ())), secret)


def test_signs_known_values() -> None:
    # HMAC-SHA256 with the key "key", a widely published test value.
    assert sign(HEX, BODY, "key") == (
        "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )
    assert sign(scheme(), BODY, "key") == "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="


@pytest.mark.integration
@given(body=st.binary(), secret=st.text(min_size=1))
@settings(deadline=None, derandomize=True, database=None)
def test_verifies_the_signed_body_only(body: bytes, secret: str) -> None:
    value = sign(scheme(), body, secret).encode()
    assert verify(scheme(), [(b"webhook-SIGNATURE", value)], body, secret) is None
    assert verify(scheme(), [(b"webhook-signature", value)], body + b"\n", secret) is not None


@pytest.mark.integration
@given(value=st.binary(), body=st.binary())
@settings(deadline=None, derandomize=True, database=None)
def test_verify_rejects_any_header_value_without_raising(value: bytes, body: bytes) -> None:
    assert verify(scheme(), [(b"Webhook-Signature", value)], body, "secret") is not None


@pytest.mark.integration
@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "there is no Webhook-Signature header"),
        ([(b"Webhook-Signature", b"a"), (b"webhook-signature", b"b")], "there are 2"),
        ([(b"Webhook-Signature", b"AAAA")], "is not the hmac-sha256 of the raw body"),
    ],
)
def test_verify_returns_the_reason(headers: list[tuple[bytes, bytes]], reason: str) -> None:
    assert reason in str(verify(scheme(), headers, BODY, "key"))


def standard(identity: str = "msg_1", at: float = AT) -> Pairs:
    made = STANDARD.signed_headers(Message(BODY), STANDARD_SECRET, identity, at)
    return [(name.encode(), value.encode()) for name, value in made]


def test_signs_the_example_of_standard_webhooks() -> None:
    # The example in the libraries of Standard Webhooks.
    headers = [
        (b"webhook-id", b"msg_p5jXN8AQM9LWM0D4loKWxJek"),
        (b"webhook-timestamp", b"1614265330"),
    ]
    value = sign(STANDARD, b'{"test": 2432232314}', STANDARD_SECRET, headers)
    assert value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def with_header(pairs: Pairs, name: bytes, value: bytes) -> Pairs:
    return [*((key, old) for key, old in pairs if key != name), (name, value)]


@pytest.mark.integration
def test_signs_id_and_timestamp() -> None:
    pairs = standard()
    assert [name for name, _ in pairs] == [
        b"webhook-id",
        b"webhook-timestamp",
        b"webhook-signature",
    ]
    assert verify(STANDARD, pairs, BODY, STANDARD_SECRET, AT + 299) is None
    assert verify(STANDARD, pairs, BODY, STANDARD_SECRET) is None
    for name, value in ((b"webhook-id", b"msg_2"), (b"webhook-timestamp", b"%d" % (AT + 1))):
        changed = with_header(pairs, name, value)
        complaint = verify(STANDARD, changed, BODY, STANDARD_SECRET, AT)
        assert "is not the hmac-sha256 of {id}.{timestamp}.{body}" in str(complaint)
        without = [pair for pair in pairs if pair[0] != name]
        complaint = verify(STANDARD, without, BODY, STANDARD_SECRET, AT)
        assert complaint == f"there is no {name.decode()} header"


@pytest.mark.integration
def test_one_valid_signature_of_several_is_enough() -> None:
    pairs = standard()
    right = dict(pairs)[b"webhook-signature"]
    both = with_header(pairs, b"webhook-signature", b"v1a,xyz v1,AAAA " + right)
    assert verify(STANDARD, both, BODY, STANDARD_SECRET, AT) is None
    none = with_header(pairs, b"webhook-signature", b"v1a,xyz v1,AAAA")
    assert verify(STANDARD, none, BODY, STANDARD_SECRET, AT) is not None


@pytest.mark.integration
def test_rejects_a_timestamp_out_of_tolerance_or_in_another_unit() -> None:
    for at in (AT - 301, AT + 301):
        complaint = verify(STANDARD, standard(), BODY, STANDARD_SECRET, at)
        assert complaint == (
            "webhook-timestamp differs from the arrival by 301 s; the tolerance is 300 s"
        )
    for stamp, guess in ((b"yesterday", ""), (b"%d000" % AT, " but in milliseconds")):
        pairs = with_header(standard(), b"webhook-timestamp", stamp)
        value = sign(STANDARD, BODY, STANDARD_SECRET, pairs).encode()
        signed = with_header(pairs, b"webhook-signature", value)
        complaint = verify(STANDARD, signed, BODY, STANDARD_SECRET, AT)
        assert complaint == f"webhook-timestamp is not in Unix seconds{guess}"


@pytest.mark.parametrize("secret", ["", "text", "whsec_", "whsec_no base64", "MfKQ9r8GKYqrTwjU"])
def test_rejects_an_unsuitable_secret_without_quoting_it_in_the_reason(secret: str) -> None:
    complaint = secret_problem([None, HEX, STANDARD], secret)
    assert complaint is not None
    assert complaint.endswith("'whsec_' and after it a key in base64")
    assert secret_problem([None, HEX], secret) is None
    assert sign(STANDARD, BODY, secret) != sign(STANDARD, BODY, f"{secret}-")


def test_accepts_a_suitable_secret() -> None:
    assert secret_problem([HEX, STANDARD], STANDARD_SECRET) is None


@pytest.mark.integration
@given(pairs=st.lists(st.tuples(st.sampled_from([n for n, _ in standard()]), st.binary())))
@settings(deadline=None, derandomize=True, database=None)
def test_verify_rejects_any_headers_without_raising(pairs: Pairs) -> None:
    assert verify(STANDARD, pairs, BODY, STANDARD_SECRET, AT) is not None
