"""curl command that calls an operation with the contract's example. Pure."""

import json
import re
from collections.abc import Callable, Sequence

from openapi.contract import Contract, Operation
from openapi.curl import (
    bearer_option,
    body_option,
    curl_request,
    escape_in_quotes,
    header_option,
    key_option,
    shell_quote,
)
from openapi.examples import body_example, example_parameter_text
from openapi.parameters import request_target
from openapi.security import SecurityScheme, is_supported


def curl_line(
    contract: Contract,
    operation: Operation,
    url: str,
    credential_option: Callable[[SecurityScheme], str],
    extra_options: Sequence[str] = (),
) -> str:
    """Return the command with the credentials of the operation's first supported alternative.

    `credential_option` returns the curl option, quoted for a shell, of one scheme.
    """
    required_parameters = [p for p in operation.parameters if p.required]
    texts = {p.key: example_parameter_text(contract, p) for p in required_parameters}
    target = request_target(operation.path, texts).encode()
    options = [shell_quote(option) for option in extra_options]
    parts = curl_request(operation.method, url, target, options, has_body=bool(operation.content))
    required = next(filter(is_supported, operation.security), ())
    parts += [credential_option(one.scheme) for one in required]
    header_parameters = (p for p in required_parameters if p.location == "header")
    parts += [header_option(p.name, texts[p.key]) for p in header_parameters]
    for media_type, schema in [*operation.content.items()][:1]:
        body = body_option(json.dumps(body_example(contract, schema)).encode())
        parts += [header_option("Content-Type", media_type), body or ""]
    return " ".join(parts)


def variable_option(scheme: SecurityScheme) -> str:
    """Return the option of a credential in a shell variable: `$TOKEN` or `$CREDENTIAL_NAME`."""
    name = re.sub(r"\W", "_", scheme.name, flags=re.ASCII).upper()
    match scheme.kind:
        case "bearer":
            return bearer_option("TOKEN")
        case "basic":
            return f'-u "$CREDENTIAL_{name}"'
    return key_option(scheme.location, scheme.parameter, f"$CREDENTIAL_{name}")


def value_option(scheme: SecurityScheme, value: str) -> str:
    """Return the option that sends `value`."""
    match scheme.kind:
        case "bearer":
            return header_option("Authorization", f"Bearer {value}")
        case "basic":
            return f"-u {shell_quote(value)}"
    return key_option(scheme.location, scheme.parameter, escape_in_quotes(value))
