"""Expected responses: what a right receiver responds to a delivery that has a fault.

A delivery whose signature is not valid is forged, so the receiver refuses it. Whether a change
makes it forged depends on what the signature scheme of the event covers.
"""

import copy
from collections.abc import Callable
from dataclasses import replace

from mock_server.exchange import EventContext, Hooks, MockExchange
from mock_server.fault import ACCEPTED, EITHER, REFUSED
from mock_server.faults.derived.mutations import example_body
from mock_server.messages import json_response
from mock_server.unique_values import UniqueValues
from openapi.contract import Contract, Event, Json
from openapi.event_payloads import example_payload
from openapi.signatures.http_message import HttpMessageScheme
from openapi.signatures.twilio import TwilioScheme

FORM = "application/x-www-form-urlencoded"


def refused_if_signed(_: Contract, event: Event) -> str | None:
    """Return the response to a delivery whose signature is missing or wrong."""
    return None if event.signature is None else REFUSED


def response_to_other_bytes(event: Event, unsigned: str | None) -> str | None:
    """Return the response to a delivery whose body has other bytes than those that were signed.

    `unsigned` is the response if no signature covers the body.
    """
    scheme = event.signature
    if scheme is None:
        return unsigned
    is_signed = "body" in scheme.signed_parts or covers(event, "content-digest")
    return REFUSED if is_signed else unsigned


def response_to_reserialised_json(_: Contract, event: Event) -> str | None:
    """Return the response to a body with the same JSON in other bytes; None for a form."""
    return None if event.content.kind == "form" else response_to_other_bytes(event, ACCEPTED)


def response_to_appended_newline(_: Contract, event: Event) -> str | None:
    """Return the response to a body with a newline at its end, which changes a form's value."""
    unsigned = EITHER if event.content.kind == "form" else ACCEPTED
    return response_to_other_bytes(event, unsigned)


def response_to_media_type(media_type: str, event: Event) -> str | None:
    """Return the response to a delivery that announces `media_type`; None if that is its own."""
    scheme = event.signature
    if event.content.sent == media_type:
        return None
    is_form = event.content.sent == FORM
    # Twilio signs the fields of a form, and the URL with the hash of another body.
    changes_content = isinstance(scheme, TwilioScheme) and (media_type == FORM) is not is_form
    return REFUSED if changes_content or covers(event, "content-type") else EITHER


def response_to_other_method(event: Event) -> str:
    """Return the response to a delivery with another method."""
    return REFUSED if covers(event, "@method") else EITHER


def response_to_other_name(event: Event) -> str:
    """Return the response to a delivery with an event name that the contract lacks."""
    header = event.names[0].source.where if event.name_pointer is None else ""
    return REFUSED if covers(event, header.lower()) else EITHER


def covers(event: Event, component: str) -> bool:
    """Return whether the signature of `event` covers a component of the message (RFC 9421)."""
    scheme = event.signature
    return isinstance(scheme, HttpMessageScheme) and component in scheme.components


def response_to_payload(
    change: Callable[[Json, EventContext], Json],
) -> Callable[[Contract, Event], str]:
    """Return the expected response to a validly signed payload that `change` has changed.

    The receiver must accept it, unless the schema shows the change.
    """

    def response(contract: Contract, event: Event) -> str:
        example = example_payload(contract, event)
        sample = replace(event, examples=(example,))
        exchange = _sample_exchange(contract, event)
        context = EventContext(sample, exchange, 1, UniqueValues(None))
        try:
            changed = change(copy.deepcopy(example), context)
        except (AttributeError, LookupError, TypeError, ValueError):
            # The change expects another payload; the mock sends nothing then.
            return EITHER
        return ACCEPTED if contract.schema(event.schema).is_valid(changed) else EITHER

    return response


def _sample_exchange(contract: Contract, event: Event) -> MockExchange:
    """Return an exchange that triggers `event`, with a credential and an example response."""
    operation, spec = contract.operation(event.operation), contract.triggering_response(event)
    headers = ((b"authorization", b"Bearer sample"),)
    exchange = MockExchange(contract, Hooks(), headers, operation=operation)
    if spec is not None:
        bodies = [example_body(contract, schema) for schema in spec.content.values()]
        exchange.response = json_response(operation.status_of(spec), next(iter(bodies), None))
    return exchange
