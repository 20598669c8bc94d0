"""Service of `tests/data/turnstiles.yaml` with mistakes in its access control, by name."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from support.processes import handled

KEY = "Gate-Key-0123456789-abcdef"
USER, PASSWORD = "keeper", "Pass-Word-0123456789"
TOKEN = "Ticket-Token-0123456789"
CREDENTIALS = (
    ("HeaderKey", KEY),
    ("QueryKey", KEY),
    ("CookieKey", KEY),
    ("Staff", f"{USER}:{PASSWORD}"),
    ("Pass", TOKEN),
)
"""Credentials of a run against the service."""
MISTAKES = {
    "any-key": "byHeader",
    "key-prefix": "byHeader",
    "key-as-prefix": "byHeader",
    "key-case": "byHeader",
    "key-of-this-length": "byHeader",
    "empty-key": "byHeader",
    "key-in-query": "byHeader",
    "key-in-other-header": "byHeader",
    "key-crash": "byHeader",
    "query-ignored": "byQuery",
    "key-in-header": "byQuery",
    "cookie-ignored": "byCookie",
    "any-cookie": "byCookie",
    "empty-password": "byBasic",
    "any-password": "byBasic",
    "any-user": "byBasic",
    "password-prefix": "byBasic",
    "no-colon": "byBasic",
    "not-encoded": "byBasic",
    "decode-crash": "byBasic",
    "basic-missing": "byBasic",
    "any-scheme": "byBasic",
    "token-missing": "byToken",
    "and-as-or": "byBoth",
    "first-of-both": "byBoth",
    "only-first-alternative": "byEither",
    "second-unchecked": "byEither",
    "optional-crash": "byChoice",
}
"""Operation of each mistake."""
LEGAL = {"strict-basic": ("byBasic", "byEither", "byBoth"), "optional-checked": ("byChoice",)}
"""Variants that the contract allows, and their operations."""
FORBIDDEN = "forbidden-for-unauthorized"
"""Variant with 403 instead of 401."""
_OPENED = {"GET": 200, "POST": 201}


class Gate(BaseHTTPRequestHandler):
    """Handler of the service; a subclass has the mistakes."""

    protocol_version = "HTTP/1.1"
    mistakes: frozenset[str] = frozenset()

    def do_GET(self) -> None:
        """Check access, then the body, and respond."""
        body = self._read_body()
        try:
            status = self._status(body)
        except Exception:  # an unhandled one, as in a framework
            status = 500
        content = json.dumps({"message": str(status)}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_POST(self) -> None:
        """Respond as to GET."""
        self.do_GET()

    def do_HEAD(self) -> None:
        """Respond as to GET, without a body."""
        self.do_GET()

    def do_DELETE(self) -> None:
        """Reject other methods."""
        self._read_body()
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self) -> None:
        """Reject the method."""
        self.do_DELETE()

    def do_PATCH(self) -> None:
        """Reject the method."""
        self.do_DELETE()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _status(self, body: bytes) -> int:
        path = urlsplit(self.path).path
        gates: dict[str, Callable[[], int | bool]] = {
            "/header": self._header_key,
            "/query": self._query_key,
            "/cookie": self._cookie_key,
            "/basic": self._basic,
            "/oauth": self._token,
            "/either": self._either,
            "/both": self._both,
            "/optional": self._optional,
            "/public": lambda: True,
        }
        if path not in gates:
            return 404
        found = gates[path]()
        if not isinstance(found, bool):
            return found
        if not found:
            return 403 if self._has(FORBIDDEN) else 401
        return _OPENED.get(self.command, 200) if self.command != "POST" else self._entered(body)

    def _entered(self, body: bytes) -> int:
        try:
            value = json.loads(body)
            visitor = value["visitor"]
            fine = isinstance(visitor, str) and 1 <= len(visitor) <= 200
        except (ValueError, LookupError, TypeError, RecursionError):
            fine = False
        return 201 if fine else 400

    def _has(self, *names: str) -> bool:
        return not self.mistakes.isdisjoint(names)

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _header_key(self) -> bool:
        sent = self.headers.get("X-Gate-Key")
        if self._has("key-in-query"):
            sent = sent or self._query().get("X-Gate-Key", [None])[0]
        if self._has("key-in-other-header"):
            sent = sent or self.headers.get("X-Api-Key")
        if sent is None:
            return False
        if self._has("key-crash"):
            sent.encode("ascii")
        return (
            sent == KEY
            or (self._has("any-key") and sent != "")
            or (self._has("empty-key") and sent == "")
            or (self._has("key-prefix") and KEY.startswith(sent) and sent != "")
            or (self._has("key-as-prefix") and sent.startswith(KEY))
            or (self._has("key-case") and sent.lower() == KEY.lower())
            or (self._has("key-of-this-length") and len(sent) == len(KEY))
        )

    def _query_key(self) -> bool:
        if self._has("query-ignored"):
            return True
        if self._has("key-in-header") and self.headers.get("gate_key") == KEY:
            return True
        return self._query().get("gate_key") == [KEY]

    def _cookie_key(self) -> bool:
        cookie = SimpleCookie(self.headers.get("Cookie") or "").get("gate")
        if self._has("cookie-ignored"):
            return True
        return cookie is not None and (cookie.value == KEY or self._has("any-cookie"))

    def _basic(self) -> int | bool:
        header = self.headers.get("Authorization")
        if header is None:
            return self._has("basic-missing")
        if self._has("not-encoded") and header == f"Basic {USER}:{PASSWORD}":
            return True
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic" and not self._has("any-scheme"):
            return False
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except ValueError:
            if self._has("decode-crash"):
                raise
            return 400 if self._has("strict-basic") else False
        user, colon, password = pair.partition(":")
        if not colon and self._has("no-colon"):
            return user == USER
        return (
            (user == USER and password == PASSWORD)
            or (user == USER and (self._has("any-password") and bool(colon)))
            or (user == USER and password == "" and self._has("empty-password") and bool(colon))
            or (password == PASSWORD and self._has("any-user"))
            or (user == USER and password.startswith(PASSWORD[:8]) and self._has("password-prefix"))
        )

    def _token(self) -> bool:
        header = self.headers.get("Authorization")
        return header == f"Bearer {TOKEN}" or (header is None and self._has("token-missing"))

    def _either(self) -> int | bool:
        if self._has("second-unchecked") and "gate_key" in self._query():
            return True
        found = self._basic()
        if found is True or self._has("only-first-alternative"):
            return found
        return self._query_key()

    def _both(self) -> int | bool:
        key, staff = self._header_key(), self._basic()
        if self._has("and-as-or"):
            return key or staff
        return key and (self._has("first-of-both") or staff)

    def _optional(self) -> bool:
        sent = self.headers.get("X-Gate-Key")
        if self._has("optional-crash") and sent is not None and sent != KEY:
            raise ValueError
        return not (self._has("optional-checked") and sent is not None) or self._header_key()


@contextmanager
def turnstiles(*mistakes: str) -> Iterator[str]:
    """Run the service in a thread, on a free port; yield its URL."""
    assert set(mistakes) <= {*MISTAKES, *LEGAL, FORBIDDEN}
    handler = type("MistakenGate", (Gate,), {"mistakes": frozenset(mistakes)})
    with handled(handler) as url:
        yield url
