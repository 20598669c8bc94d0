"""Place of a finding: the message that is wrong, and the part of it. Pure: report data in."""

from openapi.contract import Json
from openapi.json_pointer import split_pointer

_RESPONSE_CHECKS = ("response-", "server-error", "unique-value")
_HEADER_CHECKS = ("response-headers", "response-media-type")
_WEBHOOK = "webhook"


def place(data: dict[str, Json], finding: dict[str, Json]) -> str:
    """Return the place in one line, such as `webhook /data/name` or `response 401 body`."""
    return " ".join(filter(None, (message(data, finding), part(finding))))


def message(data: dict[str, Json], finding: dict[str, Json]) -> str:
    """Return the message that is wrong: `webhook`, `request` or `response 401`.

    If the contract has several operations, that of the message precedes it, and the event follows.
    """
    kind = _kind(data, finding)
    if data["operations"]["total"] <= 1:
        return kind
    if kind == _WEBHOOK:
        return f"{kind} {_event(data, finding)}".rstrip()
    return f"{_operation(finding)} {kind}".lstrip()


def part(finding: dict[str, Json]) -> str:
    """Return the part of the message: a JSON Pointer, `body` or a header; empty if unknown."""
    instance = finding["instance"]
    if instance is None:
        return ""
    if finding["check"] in _HEADER_CHECKS:
        return f"header {instance.removeprefix('/')}"
    return instance or "body"


def _kind(data: dict[str, Json], finding: dict[str, Json]) -> str:
    check, response = finding["check"], finding["response"]
    is_of_receiver = data["command"] == "verify-receiver"
    is_delivery = check.startswith(f"{_WEBHOOK}-") or finding["delivery"] is not None
    if is_delivery and not is_of_receiver:
        return _WEBHOOK
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


def _event(data: dict[str, Json], finding: dict[str, Json]) -> str:
    """Return the event of the delivery, else that of the constraint; empty if neither is known."""
    number = finding["delivery"] and finding["delivery"]["id"]
    named = next((one["event"] for one in data["deliveries"] if one["id"] == number), None)
    first, *rest = [*split_pointer(finding["pointer"]), ""]
    return named or (rest[0] if first == "webhooks" else "")
