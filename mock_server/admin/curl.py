"""A line for the shell that calls one operation as the contract would have it."""

import json
import shlex
from collections.abc import Sequence

from openapi.contract import Contract, Operation
from openapi.examples import example, text_of
from openapi.parameters import target


def curl_line(
    contract: Contract, operation: Operation, url: str, token: str, further: Sequence[str] = ()
) -> str:
    """Return the call with `token` for a credential, and with `further` options."""
    needed = [p for p in operation.parameters if p.required]
    texts = {p.key: text_of(contract, p) for p in needed}
    # With -X HEAD curl would wait for a body.
    method = ["-I"] if operation.method == "HEAD" else ["-i", "-X", operation.method]
    parts = ["curl", *method, *further, url + target(operation.path, texts)]
    if operation.scheme:
        parts += ["-H", f"Authorization: Bearer {token}"]
    for parameter in needed:
        if parameter.place == "header":
            parts += ["-H", f"{parameter.name}: {texts[parameter.key]}"]
    for media_type, schema in operation.content.items():
        body = json.dumps(example(contract, schema), ensure_ascii=False)
        parts += ["-H", f"Content-Type: {media_type}", "-d", body]
        break
    return shlex.join(parts)
