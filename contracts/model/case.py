"""A plan is a request before it has its fresh values: it can be sent again as another request."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from contracts.model.correlators import Correlator, fresh_value
from contracts.model.exchange import Credential, Request
from contracts.model.unique_values import Fresh
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING, get, put
from openapi.parameters import target
from openapi.strict_json import parse

MARK, INSTANT = b"{hookproof-mark}", b"{hookproof-instant}"
"""In a body of bytes they stand for the request's own mark, and its date and time of day."""

COVERAGE = "generated"
"""The block of the cases that vary one keyword at a time."""
KEPT, BETWEEN, MADE, ISSUED = "kept", "between", "made for another", "issued"
"""The blocks of cases of an earlier run, of creates between two tries of a case, of such that make
what another operation is about, and of requests with a credential that the service had issued."""
REPEAT, AT_ONCE, BURST, RETRY = "repeat", "at once", "burst", "retry"
UNKNOWN = "unknown resource"
APART = (KEPT, BETWEEN, MADE, ISSUED)
"""Blocks on whose number no other case depends: it depends on answers."""

NOTHING: Mapping[str, str] = MappingProxyType({})
Value = Callable[[Fresh], object]


def constant(value: object) -> Value:
    """Return what makes the same value for every request."""
    return lambda _: value


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request is to be.

    `body` is bytes that go as they are but for `MARK` and `INSTANT`, or JSON data: fresh values
    are put wherever a correlator's place holds a value that satisfies its schema, except at the
    places of `values`.
    """

    block: str
    description: str
    body: object
    media_type: str | None = ""
    """Empty: the operation's own; None: none is stated."""
    credential: Credential | None = None
    """None: the valid one."""
    method: str | None = None
    """None: the operation's."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Pointer -> what makes the value there."""
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    """Key of a parameter -> its text in place of the usual one; None leaves it out."""
    spoil: Callable[[bytes], bytes] | None = None
    """What becomes of the JSON text before it is sent."""
    together: int = 0
    """The same for all that are sent at once for one thing; 0 for any other."""


def build(
    contract: Contract,
    operation: Operation,
    places: tuple[Correlator, ...],
    plan: Plan,
    fresh: Fresh,
    valid: Credential,
    usual: Mapping[str, str] = NOTHING,
    *,
    ending: bool = False,
) -> Request:
    """Return the request that `plan` becomes with the values of `fresh`.

    `usual` are the texts of the parameters, by their keys, that the plan does not say. The body of
    an operation that takes none is empty, whatever the plan says. `ending` puts an instant where a
    body has none: what is created then ends by itself.
    """
    if not operation.content:
        data, body = None, b""
    elif isinstance(plan.body, bytes):
        instant = f"{fresh.instant:%Y-%m-%dT%H:%M:%S}".encode()
        body = plan.body.replace(MARK, fresh.mark.encode()).replace(INSTANT, instant)
        data = parse(body).value
    else:
        data = _made_fresh(contract, places, plan, fresh, ending=ending)
        body = to_bytes(data)
        if plan.spoil is not None:
            body = plan.spoil(body)
    texts = {k: text for k, text in {**usual, **plan.parameters}.items() if text is not None}
    own_type = next(iter(operation.content), None)
    found = {place.request: get(data, place.request) for place in places}
    carried = {where: value for where, value in found.items() if value is not MISSING}
    return Request(
        number=fresh.number,
        case=fresh.case,
        together=plan.together,
        operation=operation,
        method=plan.method or operation.method,
        block=plan.block,
        description=plan.description,
        credential=plan.credential or valid,
        media_type=own_type if plan.media_type == "" else plan.media_type,
        body=body,
        correlators=carried,
        mark=fresh.mark,
        places=places,
        target=target(operation.path, texts),
        parameters={p.key: p.read(texts[p.key]) for p in operation.parameters if p.key in texts},
        varied=plan.parameters,
        headers=tuple(
            (p.name, texts[p.key])
            for p in operation.parameters
            if p.place == "header" and p.key in texts
        ),
    )


def _made_fresh(
    contract: Contract,
    places: tuple[Correlator, ...],
    plan: Plan,
    fresh: Fresh,
    *,
    ending: bool,
) -> object:
    data = copy.deepcopy(plan.body)
    for pointer, make in plan.values.items():
        put_in(data, pointer, make(fresh))
    # The coverage of a keyword is about what it leaves out.
    filled_in = ("instant",) if ending and plan.block != COVERAGE else ()
    for place in places:
        if place.request in plan.values:
            continue
        present = get(data, place.request)
        if present is None or present is MISSING:
            if place.kind in filled_in:
                put_in(data, place.request, fresh_value(contract, place, fresh))
        elif contract.schema(place.schema).is_valid(present):
            put(data, place.request, fresh_value(contract, place, fresh))
    return data


def put_in(data: object, pointer: str, value: object) -> None:
    """Set `value` at `pointer` of `data`, unless `data` is of a shape that has no such place."""
    try:
        put(data, pointer, value)
    except LookupError:
        return


def to_bytes(data: object) -> bytes:
    """Return `data` as UTF-8 JSON; lone surrogates, which UTF-8 has not, stay escaped."""
    text = json.dumps(data, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(data).encode()
