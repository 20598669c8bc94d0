"""Checks of each response: documented media type, schema and headers."""

from collections.abc import Iterator

from contracts.expectations.constraints import media_type_pointer
from contracts.expectations.keywords import applicable_keywords, constraint_key
from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange, ReceivedResponse
from openapi.contract import HeaderSpec, ResponseSpec
from openapi.json_pointer import join_pointer
from openapi.media_type import MediaType, body_kind, parse_media_type
from openapi.schemas.validation import SchemaViolation, abbreviate


def _documented_exchanges(
    ledger: Ledger,
) -> Iterator[tuple[Exchange, ReceivedResponse, ResponseSpec]]:
    for exchange in ledger.exchanges:
        operation = exchange.request.operation
        response_spec = exchange.documented_response
        if exchange.request.method != operation.method:
            continue
        if exchange.response is not None and response_spec is not None and response_spec.content:
            yield exchange, exchange.response, response_spec


def media_type(ledger: Ledger) -> Iterator[Judgement]:
    """A response has a documented media type; its charset, if given, is UTF-8."""
    for exchange, response, response_spec in _documented_exchanges(ledger):
        stated = response.header("content-type")
        known = _media_type(response)
        wanted = " or ".join(response_spec.content)
        pointer = media_type_pointer(_schema(response_spec, known))
        message = f"the {response.status} to {exchange.request.label()} has Content-Type"
        shown = abbreviate(stated) if stated else "none"
        if known is None or response_spec.schema_for(known.essence) is None:
            message = f"{message} {shown}, expected {wanted}"
            # One wrong type at several statuses is one fault: one error handler writes them.
            fault = f"media type {known.essence if known else stated}"
        elif not set(known.charsets) <= {"utf-8", "utf8"}:
            message, fault = f"{message} {shown}, expected UTF-8", "charset"
        else:
            yield passed(pointer, exchange.request.number)
            continue
        place = "/content-type"
        yield failed(
            ledger,
            pointer,
            exchange,
            message,
            case_id=exchange.request.number,
            instance=place,
            fault=fault,
            expected=wanted,
            received=shown,
        )


def _schema(response_spec: ResponseSpec, known: MediaType | None) -> str:
    first = next(iter(response_spec.content.values()))
    return (response_spec.schema_for(known.essence) or first) if known else first


def _media_type(response: ReceivedResponse) -> MediaType | None:
    return parse_media_type((response.header("content-type") or "").encode(errors="replace"))


def schema(ledger: Ledger) -> Iterator[Judgement]:
    """A JSON response body is JSON and matches the documented schema."""
    for exchange, response, response_spec in _documented_exchanges(ledger):
        known = _media_type(response)
        pointer = response_spec.schema_for(known.essence) if known else None
        if known is None or pointer is None:
            continue  # Only documented media types have a schema.
        number = exchange.request.number
        if response.not_judged is not None:
            reason = f"a body was not judged: {response.not_judged}"
            yield undecided(media_type_pointer(pointer), number, reason)
            continue
        if body_kind(known.essence) != "json":
            yield passed(media_type_pointer(pointer), number)  # its schema is about no JSON value
            continue
        text = response.json
        described = f"the {response.status} to {exchange.request.label()}"
        if text.problem is not None:
            message = f"{described} is not JSON: {text.problem}"
            place = media_type_pointer(pointer)
            yield failed(
                ledger,
                place,
                exchange,
                message,
                case_id=number,
                fault="not JSON",
                expected="JSON",
                received=text.problem,
            )
            continue
        if text.has_byte_order_mark:
            yield failed(
                ledger,
                media_type_pointer(pointer),
                exchange,
                f"{described} begins with a byte order mark (RFC 8259, section 8.1)",
                case_id=number,
                fault="byte order mark",
                expected="JSON without a byte order mark",
                received="EF BB BF",
            )
        violations = ledger.contract.schema(pointer).violations(text.value)
        for violation in violations:
            where = violation.instance or "the body"
            yield failed(
                ledger,
                violation.pointer,
                exchange,
                f"{described}: {where} {_violation_text(violation)}",
                case_id=number,
                received=f"{where} {_violation_text(violation)}",
                instance=violation.instance,
                detail=violation.detail,
                apart=violation.detail,
            )
        violated_keys = {
            constraint_key(violation.pointer, violation.detail) for violation in violations
        }
        for place, part in applicable_keywords(ledger.contract, pointer, text.value):
            if (place, part) not in violated_keys:
                yield passed(place, number, part)


def _violation_text(violation: SchemaViolation) -> str:
    """Describe the violation without the value: a response may contain a secret."""
    if violation.keyword == "required":
        return f"lacks {violation.detail!r}"
    if violation.keyword == "type":
        return f"is {violation.message.rpartition(' is ')[2]}"
    return f"breaks {violation.keyword}"


def headers(ledger: Ledger) -> Iterator[Judgement]:
    """Required response headers are present; documented headers match their schema."""
    for exchange, response, response_spec in _documented_exchanges(ledger):
        for header in response_spec.headers:
            yield from _header(ledger, exchange, response, header)


def _header(
    ledger: Ledger, exchange: Exchange, response: ReceivedResponse, header: HeaderSpec
) -> Iterator[Judgement]:
    described = f"the {response.status} to {exchange.request.label()}"
    stated = response.header(header.name)
    place = join_pointer("", header.name.lower())
    number = exchange.request.number
    required = join_pointer(header.pointer, "required")
    if stated is None:
        if header.required:
            message = f"{described} has no {header.name}"
            yield failed(ledger, required, exchange, message, case_id=number, instance=place)
        return
    if header.required:
        yield passed(required, number)
    readings, schema = header.readings(stated), ledger.contract.schema(header.schema)
    value = next(filter(schema.is_valid, readings.values), readings.values[0])
    violations = schema.violations(value) if readings.is_defined else ()
    for violation in violations:
        message = f"{described}: {header.name}: {violation.message}"
        yield failed(
            ledger,
            violation.pointer,
            exchange,
            message,
            case_id=number,
            instance=place,
            received=stated,
        )
    violated_keys = {violation.pointer for violation in violations}
    for pointer, part in applicable_keywords(ledger.contract, header.schema, value):
        if pointer not in violated_keys:
            yield passed(pointer, number, part)
