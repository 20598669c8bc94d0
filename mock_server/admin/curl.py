"""Call of an operation with the contract's example, as data and as a curl command. Pure."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from openapi.contract import Contract, Json, Operation
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


@dataclass(frozen=True, slots=True)
class ExampleCall:
    """Valid request to an operation, without its credential."""

    method: str
    target: str
    """Path with the base path, and query."""
    headers: tuple[tuple[str, str], ...]
    """Parameters in headers; the media type of the body is the last one."""
    body: bytes | None
    schemes: tuple[SecurityScheme, ...]
    """Schemes of the first alternative of credentials that the mock supports."""


def example_call(contract: Contract, operation: Operation) -> ExampleCall:
    """Return the call of `operation` with the required parameters and the example body."""
    required_parameters = [p for p in operation.parameters if p.required]
    values = {p.key: example_parameter(contract, p) for p in required_parameters}
    written = write_parameters(operation.path, operation.parameters, values)
    headers, body = tuple(written.headers), None
    if operation.body is not None:
        value = example_body(contract, operation.body)
        media_type, body = write_body(operation.body, value)
        if operation.body.kind == "json":
            body = json.dumps(value).encode()  # a command in ASCII is easier to copy
        headers += (("Content-Type", media_type),)
    required = next(filter(is_supported, operation.security), ())
    schemes = tuple(one.scheme for one in required)
    target = f"{contract.base_path}{written.target}"
    return ExampleCall(operation.method, target, headers, body, schemes)


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
    call = example_call(contract, operation)
    options = [shell_quote(option) for option in extra_options]
    target = call.target.encode()
    parts = curl_request(call.method, url, target, options, has_body=call.body is not None)
    parts += [credential_option(scheme) for scheme in call.schemes]
    parts += [header_option(name, text) for name, text in call.headers]
    if call.body is not None:
        parts += [body_option(call.body) or ""]
    return " ".join(parts)


def call_view(contract: Contract, operation: Operation, url: str) -> dict[str, Json]:
    """Return the call as the page fills it in; a credential is `$TOKEN` or `$CREDENTIAL_NAME`.

    The body is null if it is not text.
    """
    call = example_call(contract, operation)
    headers = [list(pair) for pair in call.headers]
    target = call.target
    for scheme in call.schemes:
        match scheme.kind:
            case "bearer":
                headers.append(["Authorization", "Bearer $TOKEN"])
            case "basic":
                headers.append(["Authorization", f"Basic ${_variable(scheme)}"])
            case _ if scheme.location == "query":
                mark = "&" if "?" in target else "?"
                target += f"{mark}{quote(scheme.parameter)}=${_variable(scheme)}"
            case _ if scheme.location == "header":
                headers.append([scheme.parameter, f"${_variable(scheme)}"])
    try:
        body = None if call.body is None else call.body.decode()
    except UnicodeDecodeError:
        body = None
    return {
        "operation": operation.id,
        "method": call.method,
        "target": target,
        "headers": headers,
        "body": body,
        "curl": curl_line(contract, operation, url, variable_option),
    }


def _variable(scheme: SecurityScheme) -> str:
    name = re.sub(r"\W", "_", scheme.name, flags=re.ASCII)
    return f"CREDENTIAL_{name.upper()}"


def variable_option(scheme: SecurityScheme) -> str:
    """Return the option of a credential in a shell variable: `$TOKEN` or `$CREDENTIAL_NAME`."""
    name = _variable(scheme)
    match scheme.kind:
        case "bearer":
            return bearer_option("TOKEN")
        case "basic":
            return f'-u "${name}"'
    return key_option(scheme.location, scheme.parameter, f"${name}")


def value_option(scheme: SecurityScheme, value: str) -> str:
    """Return the option that sends `value`."""
    match scheme.kind:
        case "bearer":
            return header_option("Authorization", f"Bearer {value}")
        case "basic":
            return f"-u {shell_quote(value)}"
    return key_option(scheme.location, scheme.parameter, escape_in_quotes(value))
