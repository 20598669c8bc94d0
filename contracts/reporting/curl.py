"""curl command that repeats a request, with variables instead of secrets. Pure."""

from contracts.model.exchange import Credential, Request
from openapi.curl import bearer_option, body_option, curl_request, header_option
from openapi.redaction import Redaction

MAX_BODY_BYTES = 4000

_CREDENTIAL_OPTIONS = {
    "valid": bearer_option("HOOKPROOF_TOKEN"),
    "wrong scheme": bearer_option("HOOKPROOF_TOKEN", "Digest "),
    "without a scheme": bearer_option("HOOKPROOF_TOKEN", ""),
    "expired": bearer_option("HOOKPROOF_TOKEN_EXPIRED"),
    "not yet valid": bearer_option("HOOKPROOF_TOKEN_NOT_YET_VALID"),
    "without the permission": bearer_option("HOOKPROOF_TOKEN_WITHOUT_PERMISSION"),
    "empty": header_option("Authorization", "Bearer"),
    "malformed": header_option("Authorization", "Bearer not-a-token"),
}
_ALTERED_OPTION = bearer_option("HOOKPROOF_TOKEN_CHANGED")
"""Option for forged and issued credentials: the user sets the variable."""


def _credential_options(credential: Credential) -> list[str]:
    if credential.curl_options:
        return [credential.curl_options]
    if credential.value is None:
        return []
    known = {} if credential.form else _CREDENTIAL_OPTIONS
    return [known.get(credential.kind, _ALTERED_OPTION)]


def curl_command(url: str, request: Request, redact: Redaction) -> str | None:
    """Return a command that repeats the request, with a variable instead of the secret.

    Return None if a command line cannot carry the body, or if curl cannot send it in segments.
    """
    body = body_option(request.body)
    if len(request.body) > MAX_BODY_BYTES or body is None:
        return None
    with_body = bool(request.operation.content or request.body)
    form = request.form
    if form.transmission == "segments":
        return None
    parts = curl_request(request.method, url, request.target.encode(), has_body=with_body)
    parts += [
        option.replace("Authorization", form.header_name("Authorization"), 1)
        for option in _credential_options(request.credential)
    ]
    parts += [header_option(form.header_name(name), value) for name, value in request.headers]
    # curl sends other values of these headers than a run, or none.
    parts += [header_option(name.title(), value) for name, value in form.headers]
    if with_body:
        parts.append(header_option(form.header_name("Content-Type"), request.media_type))
        if form.chunk_bytes:
            parts.append(header_option("Transfer-Encoding", "chunked"))
        parts.append(body)
    return redact(" ".join(parts))
