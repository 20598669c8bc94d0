"""Signatures of Twilio: the URL and the form fields count, and nothing else."""

from dataclasses import replace

import pytest

from openapi.signatures.message import Message
from openapi.signatures.public_url import port_forms, urls_of_sender
from openapi.signatures.twilio import SCHEME
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.explain import explain_signature

FORM = (b"Content-Type", b"application/x-www-form-urlencoded; charset=UTF-8")
JSON = (b"Content-Type", b"application/json")
TOKEN = "12345"
# Source: Twilio's documentation, "Webhooks security", and the tests of its libraries
# (twilio-php, tests/Twilio/Unit/Security/RequestValidatorTest.php).
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
BODY = (
    b"To=%2B18005551212&Digits=1234&From=%2B14158675309&Caller=%2B14158675309"
    b"&CallSid=CA1234567890ABCDE"
)
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


def signed_form(body: bytes = BODY, url: str = URL, signature: str = SIGNATURE) -> Message:
    return Message(body, (FORM, (b"X-Twilio-Signature", signature.encode())), url=url)


def signed_json(body: bytes = JSON_BODY) -> Message:
    message = Message(body, (JSON,), url=URL)
    headers = SCHEME.signed_headers(message, TOKEN, "", 0)
    return message.with_url(SCHEME.delivery_url(message)).with_headers(headers)


def test_the_published_signature_of_a_form() -> None:
    message = signed_form()
    assert SCHEME.signed_headers(message, TOKEN, "", 0) == (("X-Twilio-Signature", SIGNATURE),)
    assert SCHEME.delivery_url(message) == URL
    assert SCHEME.verify(message, TOKEN) is None
    # Fields that occur more than once, from twilio-php's testValidateWithArrayAndDuplicates.
    repeated = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
    assert (
        SCHEME.verify(signed_form(repeated, signature="IK+Dwps556ElfBT0I3Rgjkr1wJU="), TOKEN)
        is None
    )


def test_a_body_that_is_no_form_has_its_hash_in_the_url() -> None:
    message = signed_json()
    assert message.url == f"{URL}&bodySHA256={JSON_HASH}"
    assert SCHEME.verify(message, TOKEN) is None
    assert SCHEME.delivery_url(message) == message.url
    for changed, problem in (
        (replace(message, body=JSON_BODY + b" "), "bodySHA256 in the URL is not the SHA-256"),
        (message.with_url(URL), "the URL has no bodySHA256"),
        (message.with_url(f"{message.url}&bodySHA256={JSON_HASH}"), "the URL has 2 bodySHA256"),
        (message.with_url(""), "the URL of the delivery is unknown"),
        (message.with_url(message.url.replace("foo=1", "foo=2")), "X-Twilio-Signature is not the"),
    ):
        assert str(SCHEME.verify(changed, TOKEN)).startswith(problem)


@pytest.mark.parametrize(
    ("signed", "arrived"),
    [
        ("https://mycompany.com/x", "https://mycompany.com:443/x"),
        ("https://mycompany.com:443/x", "https://mycompany.com/x"),
        ("http://mycompany.com/x", "http://mycompany.com:80/x"),
        ("https://mycompany.com/x", "https://mycompany.com:8443/x"),
    ],
)
def test_the_port_may_be_written_or_not(signed: str, arrived: str) -> None:
    # As in Twilio's own validator, which tries the URL with and without its port.
    headers = SCHEME.signed_headers(signed_form(url=signed), TOKEN, "", 0)
    message = signed_form(url=arrived).with_headers(headers)
    assert SCHEME.verify(message, TOKEN) is None
    assert SCHEME.verify(message.with_url(arrived + "y"), TOKEN) is not None


def test_the_public_url_replaces_that_of_the_arrival() -> None:
    behind = replace(SCHEME, public_url="https://mycompany.com")
    arrived = signed_form(url="http://127.0.0.1:4020/myapp.php?foo=1&bar=2")
    assert SCHEME.verify(arrived, TOKEN) is not None
    assert behind.verify(arrived, TOKEN) is None
    assert replace(SCHEME, public_url="https://other.com").verify(arrived, TOKEN) is not None


def test_the_urls_of_a_sender() -> None:
    arrived = "http://10.0.0.1:4020/a?b=1"
    assert urls_of_sender(arrived, "") == (arrived,)
    assert urls_of_sender("", "https://x.example") == ()
    assert urls_of_sender(arrived, "https://x.example/pre/") == ("https://x.example/pre/a?b=1",)
    assert urls_of_sender("http://10.0.0.1:4020/?b=1", "https://x.example/pre") == (
        "https://x.example/pre/?b=1",
        "https://x.example/pre?b=1",
    )
    assert port_forms("http://x.example:bad/") == ("http://x.example:bad/",)
    assert port_forms("http://[::1]:81/") == ("http://[::1]:81/", "http://[::1]/")


def test_the_settings_header_names_hmac_sha256() -> None:
    # Source: twilio-python, twilio/request_validator.py.
    name = "X-Twilio-Webhooks-Signature-Settings"
    settings = ((name, "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"),)
    message = signed_form().with_headers(settings)
    assert SCHEME.verify(message, TOKEN) is not None
    signed = message.with_headers(SCHEME.signed_headers(message, TOKEN, "", 0))
    assert SCHEME.verify(signed, TOKEN) is None
    assert SCHEME.verify(signed.with_headers(((name, "key=1"),)), TOKEN) is not None


def delivery_of(message: Message, target: str, host: str = "mycompany.com") -> Delivery:
    headers = (*message.headers, (b"Host", host.encode()))
    return Delivery(1, 0, "POST", target, headers, message.body, False, "", 0)


@pytest.mark.parametrize(
    ("signed", "target", "reason"),
    [
        ("https://mycompany.com/x", "/x", "it is computed over the URL with https://"),
        ("http://mycompany.com/x", "/x/", "it is computed over the URL without the slash at its"),
        ("http://mycompany.com/x", "/x?a=1", "it is computed over the URL without its query"),
        ("http://other.example/x", "/x", "another secret, or over another URL or body"),
    ],
)
def test_the_explanation_names_the_url(signed: str, target: str, reason: str) -> None:
    headers = SCHEME.signed_headers(signed_form(url=signed), TOKEN, "", 0)
    delivery = delivery_of(signed_form().with_headers(headers), target)
    assert reason in str(explain_signature(SCHEME, delivery, TOKEN))


def test_the_explanation_takes_the_host_of_a_proxy() -> None:
    headers = SCHEME.signed_headers(signed_form(), TOKEN, "", 0)
    proxied = (("X-Forwarded-Host", "mycompany.com"), *headers)
    delivery = delivery_of(
        signed_form().with_headers(proxied), "/myapp.php?foo=1&bar=2", "127.0.0.1:4020"
    )
    assert explain_signature(SCHEME, delivery, TOKEN) == (
        "it is computed over the URL with https://mycompany.com (pass --public-url)"
    )


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (b"To=1&Digits=&From=2", "it is computed over the URL and the form fields but empty ones"),
        (b"To=1&Digits=2&From=3", "it is computed over the URL and the form fields in their order"),
    ],
)
def test_the_explanation_names_the_form(signed: bytes, reason: str) -> None:
    url = "http://mycompany.com/x"
    pairs = [pair.split(b"=") for pair in signed.split(b"&")]
    fields = sorted(pairs) if b"Digits=&" in signed else pairs
    text = url.encode() + b"".join(name + value for name, value in fields if value)
    plain = Message(b"", (FORM,), url=text.decode())
    headers = SCHEME.signed_headers(plain, TOKEN, "", 0)
    delivery = delivery_of(signed_form(signed).with_headers(headers), "/x")
    assert explain_signature(SCHEME, delivery, TOKEN) == reason
