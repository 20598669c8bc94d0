"""A line for the shell that calls one operation as the contract would have it."""

import json
import shlex
from collections.abc import Sequence

from openapi.contract import Contract, Operation
from openapi.examples import body_example, example_parameter_text
from openapi.parameters import request_target


def curl_line(
    contract: Contract,
    operation: Operation,
    url: str,
    token: str,
    extra_options: Sequence[str] = (),
) -> str:
    """Return the call with `token` for a credential, and with `extra_options` options."""
    required_parameters = [p for p in operation.parameters if p.required]
    texts = {p.key: example_parameter_text(contract, p) for p in required_parameters}
    # With -X HEAD curl would wait for a body.
    method = ["-I"] if operation.method == "HEAD" else ["-i", "-X", operation.method]
    parts = ["curl", *method, *extra_options, url + request_target(operation.path, texts)]
    if operation.scheme:
        parts += ["-H", f"Authorization: Bearer {token}"]
    for parameter in required_parameters:
        if parameter.location == "header":
            parts += ["-H", f"{parameter.name}: {texts[parameter.key]}"]
    for media_type, schema in operation.content.items():
        body = json.dumps(body_example(contract, schema), ensure_ascii=False)
        parts += ["-H", f"Content-Type: {media_type}", "-d", body]
        break
    return shlex.join(parts)
