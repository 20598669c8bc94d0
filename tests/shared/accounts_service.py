"""Service whose accounts have unique addresses, as most services have: a 409 says so."""

import json
import re
import uuid
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

# Of the contract's pattern, what is an address: the lengths are those of RFC 5321, section 4.5.3.1,
# and of a label in RFC 1035, section 2.3.4.
ADDRESS: Final = re.compile(
    r"[a-z0-9-]{1,64}@(?=.{1,253}\Z)[a-z0-9]{1,63}(\.[a-z]{1,63})+", re.IGNORECASE | re.ASCII
)
Account = dict[str, Any]


class Invalid(Exception):
    """Request that breaks the contract."""


class Handler(BaseHTTPRequestHandler):
    """Handler of the accounts of its server."""

    protocol_version = "HTTP/1.1"
    server: "Accounts"

    def do_POST(self) -> None:
        """Create an account."""
        self._answer(self._create)

    def do_PATCH(self) -> None:
        """Change an account."""
        self._answer(self._change)

    def do_GET(self) -> None:
        """Read an account."""
        self._answer(lambda _: (HTTPStatus.OK, self._found()))

    def _answer(self, respond: Any) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, value = respond(content)
        except Invalid:
            status, value = HTTPStatus.UNPROCESSABLE_ENTITY, {"error": "invalid"}
        except LookupError:
            status, value = HTTPStatus.NOT_FOUND, {"error": "unknown"}
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _found(self) -> Account:
        return self.server.accounts[urlsplit(self.path).path.removeprefix("/accounts/")]

    def _create(self, content: bytes) -> tuple[HTTPStatus, Account]:
        given = self._given(content)
        if not {"email", "owner"} <= given.keys():
            raise Invalid
        if self._is_taken(given, None):
            return HTTPStatus.CONFLICT, {"error": "taken"}
        made = {"id": str(uuid.uuid4()), **given}
        self.server.accounts[made["id"]] = made
        return HTTPStatus.CREATED, made

    def _change(self, content: bytes) -> tuple[HTTPStatus, Account]:
        given, account = self._given(content), self._found()
        if self._is_taken(given, account):
            return HTTPStatus.CONFLICT, {"error": "taken"}
        account.update(given)
        return HTTPStatus.OK, account

    def _is_taken(self, given: Account, account: Account | None) -> bool:
        others = (one for one in self.server.accounts.values() if one is not account)
        return any(one["email"] == given.get("email") for one in others)

    def _given(self, content: bytes) -> Account:
        if self.headers.get_content_type() != "application/json":
            raise Invalid
        try:
            given = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise Invalid from None
        if not isinstance(given, dict):
            raise Invalid
        email, owner = given.get("email", "a@b.c"), given.get("owner", "a")
        if not isinstance(email, str) or not ADDRESS.fullmatch(email):
            raise Invalid
        if not isinstance(owner, str) or not 1 <= len(owner) <= 80:
            raise Invalid
        return {key: given[key] for key in ("email", "owner") if key in given}

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class Accounts(ThreadingHTTPServer):
    """Server with its accounts, by identity."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.accounts: dict[str, Account] = {}


if __name__ == "__main__":
    accounts = Accounts()
    print(f"listening on http://127.0.0.1:{accounts.server_port}", flush=True)
    accounts.serve_forever()
