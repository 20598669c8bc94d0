"""Signatures that vendors have published: each scheme signs and verifies them."""

from dataclasses import dataclass

import pytest

from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Published:
    """Signature with its inputs, as a vendor has published it."""

    source: str
    scheme: str
    secret: str
    body: str
    signature: str
    identity: str = ""
    at: int = 0
    media_type: str = JSON
    url: str = ""

    def __str__(self) -> str:
        """Return the scheme and the signature."""
        return f"{self.scheme} {self.signature[-8:]}"


PUBLISHED = (
    Published(
        "standard-webhooks/libraries/python/tests/test_webhooks.py, test_sign_function",
        "standard-webhooks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        '{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
    ),
    Published(
        "https://docs.svix.com/receiving/verifying-payloads/how-manual",
        "svix",
        "whsec_plJ3nmyCDGBKInavdOK15jsl",
        '{"event_type":"ping","data":{"success":true}}',
        "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        "msg_loFOjxBNrRLzqYUf",
        1731705121,
    ),
    Published(
        "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
        "github",
        "It's a Secret to Everybody",
        "Hello, World!",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ),
    Published(
        "https://docs.slack.dev/authentication/verifying-requests-from-slack",
        "slack",
        "8f742231b10e8888abcd99yyyzzz85a5",
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        "%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        at=1531420618,
        media_type=FORM,
    ),
    Published(
        "https://www.twilio.com/docs/usage/webhooks/webhooks-security, and the tests of twilio-php",
        "twilio",
        "12345",
        "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"
        "&To=%2B18005551212",
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        media_type=FORM,
        url="https://mycompany.com/myapp.php?foo=1&bar=2",
    ),
)
"""Vectors of the other schemes: test_key_pair_signatures and test_http_message_signatures."""


@pytest.mark.parametrize("published", PUBLISHED, ids=str)
def test_signs_and_verifies_as_published(published: Published) -> None:
    scheme = SCHEMES[published.scheme]
    media_type = ((b"Content-Type", published.media_type.encode()),)
    message = Message(published.body.encode(), media_type, url=published.url)
    headers = dict(
        scheme.signed_headers(message, published.secret, published.identity, published.at)
    )
    assert headers[scheme.header] == published.signature
    signed = message.with_headers(headers.items())
    assert scheme.verify(signed, published.secret, published.at) is None
    assert scheme.verify(signed, scheme.other_secret(published.secret), published.at) is not None
