"""curl command that calls an operation with the contract's example. Pure."""

import json
from collections.abc import Sequence

from openapi.contract import Contract, Operation
from openapi.curl import body_option, curl_request, header_option, shell_quote
from openapi.examples import body_example, example_parameter_text
from openapi.parameters import request_target


def curl_line(
    contract: Contract,
    operation: Operation,
    url: str,
    credential: str,
    extra_options: Sequence[str] = (),
) -> str:
    """Return the command; `credential` is a shell-quoted curl option, used if one is required."""
    required_parameters = [p for p in operation.parameters if p.required]
    texts = {p.key: example_parameter_text(contract, p) for p in required_parameters}
    target = request_target(operation.path, texts).encode()
    options = [shell_quote(option) for option in extra_options]
    url += contract.base_path
    parts = curl_request(operation.method, url, target, options, has_body=bool(operation.content))
    parts += [credential] if operation.scheme else []
    header_parameters = (p for p in required_parameters if p.location == "header")
    parts += [header_option(p.name, texts[p.key]) for p in header_parameters]
    for media_type, schema in [*operation.content.items()][:1]:
        body = body_option(json.dumps(body_example(contract, schema)).encode())
        parts += [header_option("Content-Type", media_type), body or ""]
    return " ".join(parts)
