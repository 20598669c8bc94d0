"""pytest test that resends a delivery to a receiver. Pure.

The test needs only pytest and the standard library.
"""

import base64
from urllib.parse import quote

from webhook_sink.delivery import Delivery
from webhook_sink.end_to_end_headers import copy_limitations, sendable_headers

_MAX_LITERAL_BYTES = 4000
_SAFE_CHARS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_TEMPLATE = '''"""Resend delivery {id} of a webhook sink, byte for byte."""

import base64
import http.client
import os
from urllib.parse import urlsplit

RECEIVER = urlsplit(os.environ.get("RECEIVER_URL", {url!a}))
HEADERS = [
{headers}]
BODY = {body}


def test_delivery_{id}_is_accepted():
    secure = RECEIVER.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(RECEIVER.hostname, RECEIVER.port, timeout=30)
    target = RECEIVER.path.rstrip("/") + {target!a}
    connection.putrequest({method!a}, target, skip_accept_encoding=True)
    for name, value in HEADERS:
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(BODY)))
    connection.endheaders(BODY)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert 200 <= response.status < 300, f"{{response.status}}: {{content[:1000]!r}}"
'''


def pytest_test(delivery: Delivery, url: str) -> str:
    """Return the test; it sends to `RECEIVER_URL`, or to `url` if that is unset."""
    return "".join(f"# {remark}\n" for remark in copy_limitations(delivery)) + _TEMPLATE.format(
        id=delivery.id,
        url=url,
        headers="".join(
            f"    ({name.decode('latin-1')!a}, {value!r}),\n"
            for name, value in sendable_headers(delivery)
        ),
        body=_body(delivery.body),
        target=quote(delivery.target, safe=_SAFE_CHARS, encoding="latin-1"),
        method=delivery.method,
    )


def _body(body: bytes) -> str:
    if body.isascii() and body.decode("ascii").isprintable() and len(body) <= _MAX_LITERAL_BYTES:
        return repr(body)
    text = base64.encodebytes(body).decode("ascii")
    return f'base64.b64decode("""\n{text}""")'
