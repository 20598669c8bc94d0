"""Place of a finding: the message that is wrong, and the part of it. Pure: report data in."""

from openapi.contract import Json
from openapi.json_pointer import split_pointer

_RESPONSE_CHECKS = ("response-", "server-error", "unique-value")
_IN_WEBHOOK = "webhook-"


def place(data: dict[str, Json], finding: dict[str, Json]) -> str:
    """Return the place in one line, such as `webhook /data/name` or `response 401 body`."""
    return " ".join(filter(None, (message(data, finding), part(finding))))


def message(data: dict[str, Json], finding: dict[str, Json]) -> str:
    """Return the message that is wrong: `webhook`, `request` or `response 401`.

    The operation precedes it if the contract has several.
    """
    kind = _kind(data, finding)
    operation = _operation(finding) if data["operations"]["total"] > 1 else ""
    return f"{operation} {kind}".lstrip()


def part(finding: dict[str, Json]) -> str:
    """Return the part of the message: a JSON Pointer, `body` or a header; empty if unknown."""
    instance = finding["instance"]
    if instance is None:
        return ""
    if finding["check"] == "response-headers":
        return f"header {instance.removeprefix('/')}"
    return instance or "body"


def _kind(data: dict[str, Json], finding: dict[str, Json]) -> str:
    check, response = finding["check"], finding["response"]
    is_of_receiver = data["command"] == "verify-receiver"
    is_delivery = check.startswith(_IN_WEBHOOK) or finding["delivery"] is not None
    if is_delivery and not is_of_receiver:
        return "webhook"
    is_of_request = finding["instance"] is not None and not check.startswith(_RESPONSE_CHECKS)
    if response is None or (is_of_request and not is_of_receiver):
        return "delivery" if is_of_receiver else "request"
    return f"response {response['status']}"


def _operation(finding: dict[str, Json]) -> str:
    """Return the operation of the constraint, such as `GET /pets`, else that of the request."""
    first, *rest = [*split_pointer(finding["pointer"]), "", ""][:3]
    if first == "paths" and rest[1]:
        return f"{rest[1].upper()} {rest[0]}"
    request = finding["request"]
    return "" if request is None else f"{request['method']} {request['target'].partition('?')[0]}"
