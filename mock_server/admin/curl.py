"""curl command that calls an operation with the contract's example. Pure."""

import json
from collections.abc import Sequence

from openapi.contract import Contract, Operation
from openapi.curl import body_option, curl_request, header_option, shell_quote
from openapi.parameters import write_parameters
from openapi.requests.examples import example_body, example_parameter
from openapi.serialization.bodies import write_body


def curl_line(
    contract: Contract,
    operation: Operation,
    url: str,
    credential: str,
    extra_options: Sequence[str] = (),
) -> str:
    """Return the command; `credential` is a shell-quoted curl option, used if one is required."""
    required_parameters = [p for p in operation.parameters if p.required]
    values = {p.key: example_parameter(contract, p) for p in required_parameters}
    written = write_parameters(operation.path, operation.parameters, values)
    options = [shell_quote(option) for option in extra_options]
    spec = operation.body
    target = written.target.encode()
    parts = curl_request(operation.method, url, target, options, has_body=spec is not None)
    parts += [credential] if operation.scheme else []
    parts += [header_option(name, text) for name, text in written.headers]
    if spec is not None:
        value = example_body(contract, spec)
        media_type, body = write_body(spec, value)
        if spec.kind == "json":
            body = json.dumps(value).encode()  # a command in ASCII is easier to copy
        parts += [header_option("Content-Type", media_type), body_option(body) or ""]
    return " ".join(parts)
