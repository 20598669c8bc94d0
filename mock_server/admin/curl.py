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
from openapi.parameters import write_parameters
from openapi.requests.examples import example_body, example_parameter
from openapi.security import SecurityScheme, is_supported
from openapi.serialization.bodies import write_body


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
    values = {p.key: example_parameter(contract, p) for p in required_parameters}
    written = write_parameters(operation.path, operation.parameters, values)
    options = [shell_quote(option) for option in extra_options]
    url += contract.base_path
    spec = operation.body
    target = written.target.encode()
    parts = curl_request(operation.method, url, target, options, has_body=spec is not None)
    required = next(filter(is_supported, operation.security), ())
    parts += [credential_option(one.scheme) for one in required]
    parts += [header_option(name, text) for name, text in written.headers]
    if spec is not None:
        value = example_body(contract, spec)
        media_type, body = write_body(spec, value)
        if spec.kind == "json":
            body = json.dumps(value).encode()  # a command in ASCII is easier to copy
        parts += [header_option("Content-Type", media_type), body_option(body) or ""]
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
