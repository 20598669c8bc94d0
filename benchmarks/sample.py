"""Sample request for every subject, with a new value each time, and the expected response."""

import http.client
import json
from dataclasses import dataclass

from openapi.contract import Contract, Operation
from openapi.examples import body_example
from openapi.json_pointer import set_at
from openapi.requests.examples import example_body
from openapi.runtime_expression import parse_expression

_MARK = "a value to be replaced"


@dataclass(frozen=True)
class Sample:
    """Valid request of the contract; its body is `before`, an unused value, `after`."""

    contract: Contract
    operation: Operation
    before: str
    after: str
    token: str

    def headers(self, token: str | None = None) -> dict[str, str]:
        """Return the headers of a request, with `token` or the sample's token."""
        media_type = self.operation.body.sent if self.operation.body else ""
        return {"Authorization": f"Bearer {token or self.token}", "Content-Type": media_type}

    def body(self, value: str) -> bytes:
        """Return the body with `value`."""
        return f"{self.before}{value}{self.after}".encode()

    def ask(self, port: int, value: str, token: str | None = None) -> tuple[int, bytes]:
        """Send one request; return status and body of the response, or raise `OSError`."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        method, path = self.operation.method, self.operation.path
        try:
            connection.request(method, path, self.body(value), self.headers(token))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def misfit(self, status: int, body: bytes) -> str | None:
        """Return why a response is not the success in the contract, or None if it is."""
        success = self.operation.response_caused_by("valid-request")
        assert success is not None
        if str(status) != success.status:
            return f"sent {status} for a valid request, expected {success.status}"
        for schema in success.content.values():
            for broken in self.contract.schema(schema).violations(json.loads(body), limit=1):
                return f"sent an invalid {broken.instance or 'body'}: {broken.message}"
        return None

    def answer(self) -> str:
        """Return status and body of the contract's example of a success."""
        success = self.operation.response_caused_by("valid-request")
        assert success is not None
        shown = body_example(self.contract, next(iter(success.content.values())))
        return f"{success.status} {json.dumps(shown)}"


def sample(contract: Contract, token: str) -> Sample:
    """Return the first example of an operation that rejects duplicate requests."""
    for operation in contract.operations:
        once = operation.response_caused_by("duplicate-request")
        if once is not None:
            assert operation.body is not None, "the operation has a body"
            body = example_body(contract, operation.body)
            for stated in once.cause["duplicate-values"]:
                set_at(body, parse_expression(stated).where, _MARK)
            before, _, after = json.dumps(body).partition(_MARK)
            return Sample(contract, operation, before, after, token)
    raise SystemExit("the contract has no operation that rejects duplicate requests")
