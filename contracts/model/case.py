"""Case: one generated request before it is sent. Each sending gets new unique values."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from contracts.model.correlators import Correlator, correlator_value
from contracts.model.exchange import Credential, Request, body_readings
from contracts.model.request_form import PLAIN_FORM, RequestForm, Tolerance
from contracts.model.sequence import SequenceStep
from contracts.model.unique_values import RequestValues
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING, get_at, set_at
from openapi.parameters import read_parameters, write_parameters
from openapi.serialization.bodies import MediaTypeSpec, write_body

MARK_PLACEHOLDER, INSTANT_PLACEHOLDER = b"{hookproof-mark}", b"{hookproof-instant}"
DIGITS_PLACEHOLDER = b"{hookproof-digits}"
"""Placeholders in a bytes body: the mark of the request, its date and time, its mark in digits."""

SMOKE_TEST_PHASE = "smoke test"
COVERAGE_PHASE = "coverage"
"""Cases that vary one keyword at a time."""
FUZZING_PHASE = "fuzzing"
SAVED_PHASE = "saved"
"""Failing cases of an earlier run."""
INTERMEDIATE_PHASE = "intermediate"
"""Plain valid requests between two tries of an ambiguous case."""
ALLOWED_REJECTION_PHASE = "allowed rejection: "
"""Beginning; the name of the rejection follows."""
PREREQUISITE_PHASE = "prerequisite"
"""Requests that create the resource which another operation needs."""
ISSUED_PHASE = "issued credential"
"""Requests with a credential that the service issued."""
DUPLICATE_PHASE, CONCURRENT_PHASE = "duplicate", "concurrent"
UNAUTHORIZED_DUPLICATE_PHASE = "duplicate without the permission"
RATE_LIMIT_PHASE, RETRY_PHASE = "rate limit", "retry"
UNKNOWN_RESOURCE_PHASE = "unknown resource"
SEQUENCE_PHASE = "sequence"
"""Valid requests on resources that the run created."""
DELETED_PHASE, REUSED_KEY_PHASE = "deleted resource", "reused idempotency key"
OTHER_TENANT_PHASE, OTHER_PARENT_PHASE = "other tenant", "other parent"
READ_ONLY_PHASE = "read-only properties"
REPEATED_PHASE = "repeated"
"""Requests of another program that are equal to an earlier one on the same resource."""
REPEATING_PHASES = (DELETED_PHASE, REUSED_KEY_PHASE, OTHER_TENANT_PHASE, REPEATED_PHASE)
"""Valid requests that need not fire an event: what they ask for is done already, or not theirs."""
FREE_PHASES = (*REPEATING_PHASES, OTHER_PARENT_PHASE, READ_ONLY_PHASE)
"""Valid requests whose status only the checks of resources judge."""
RESPONSE_DEPENDENT_PHASES = (
    SAVED_PHASE,
    INTERMEDIATE_PHASE,
    PREREQUISITE_PHASE,
    ISSUED_PHASE,
    SEQUENCE_PHASE,
    *FREE_PHASES,
)
"""Phases whose number of cases depends on responses; no other case depends on that number."""

NO_VALUES: Mapping[str, object] = MappingProxyType({})
ValueFactory = Callable[[RequestValues], object]


def constant_value(value: object) -> ValueFactory:
    """Return a factory of the same value for every request."""
    return lambda _: value


@dataclass(frozen=True, slots=True)
class Case:
    """Template of a request.

    `body` is bytes or a value. In bytes only the placeholders are replaced. In a value each valid
    part at a correlator's place is replaced by a unique one, unless `values` has it.
    """

    phase: str
    description: str
    body: object
    media_type: str | None = ""
    """Empty: the operation's own; None: no Content-Type header."""
    credential: Credential | None = None
    """None: the valid one."""
    method: str | None = None
    """None: the operation's."""
    values: Mapping[str, ValueFactory] = field(default_factory=dict)
    """Pointer into the body -> factory of the value there."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Parameter key -> value that overrides the default; None omits the parameter."""
    content: MediaTypeSpec | None = None
    """Media type that the body is written in; None: the operation's main one."""
    mutate_bytes: Callable[[bytes], bytes] | None = None
    """Change of the serialised value before it is sent."""
    concurrent_group: int = 0
    """Number of the group of concurrent duplicates; 0 for other requests."""
    form: RequestForm = PLAIN_FORM
    tolerated: Mapping[int, Tolerance] = field(default_factory=dict)
    """Status -> severity, for statuses with which a service may reject the value."""
    step: SequenceStep | None = None
    """Place in a sequence of requests on one resource; None: the case is in none."""

    def with_values(self, values: Mapping[str, ValueFactory]) -> "Case":
        """Return the case with further factories of values, by pointer into the body."""
        return replace(self, values={**self.values, **values})


def build_request(
    contract: Contract,
    operation: Operation,
    correlators: tuple[Correlator, ...],
    case: Case,
    request_values: RequestValues,
    valid: Credential,
    default_values: Mapping[str, object] = NO_VALUES,
    *,
    with_expiry: bool = False,
) -> Request:
    """Return the request of `case` with the values of `request_values`.

    `default_values` are parameter values, by key, for parameters that the case does not set. An
    operation without a request body gets an empty one. `with_expiry` adds a missing instant, so
    that the created resource expires.
    """
    spec = case.content or operation.body
    own_type = spec.sent if spec else None
    if spec is None:
        data, body = None, b""
    elif isinstance(case.body, bytes):
        instant = f"{request_values.instant:%Y-%m-%dT%H:%M:%S}".encode()
        body = case.body.replace(MARK_PLACEHOLDER, request_values.mark.encode()).replace(
            INSTANT_PLACEHOLDER, instant
        )
        if DIGITS_PLACEHOLDER in body:
            body = body.replace(DIGITS_PLACEHOLDER, request_values.digits.encode())
        stated = spec.sent if case.media_type == "" else case.media_type
        data = body_readings(operation, stated, body).values[0]
    else:
        data = _body_with_unique_values(
            contract, correlators, case, request_values, with_expiry=with_expiry
        )
        own_type, body = write_body(spec, data)
        if case.mutate_bytes is not None:
            body = case.mutate_bytes(body)
    values = {
        key: value
        for key, value in {**default_values, **case.parameters}.items()
        if value is not None
    }
    written = write_parameters(operation.path, operation.parameters, values)
    places = [pointer for place in correlators for pointer in place.pointers(data)]
    found = {pointer: get_at(data, pointer) for pointer in places}
    carried = {where: value for where, value in found.items() if value is not MISSING}
    return Request(
        number=request_values.number,
        case_id=request_values.case_id,
        concurrent_group=case.concurrent_group,
        operation=operation,
        method=case.method or operation.method,
        phase=case.phase,
        description=case.description,
        credential=case.credential or valid,
        media_type=own_type if case.media_type == "" else case.media_type,
        body=body,
        correlator_values=carried,
        mark=request_values.mark,
        correlators=correlators,
        target=written.target,
        parameter_readings=read_parameters(operation.parameters, written.texts),
        parameter_overrides=case.parameters,
        headers=written.headers,
        form=case.form,
        tolerated={**case.form.tolerated, **case.tolerated},
        step=case.step,
    )


def _body_with_unique_values(
    contract: Contract,
    correlators: tuple[Correlator, ...],
    case: Case,
    request_values: RequestValues,
    *,
    with_expiry: bool,
) -> object:
    data = copy.deepcopy(case.body)
    for pointer, make in case.values.items():
        put_if_possible(data, pointer, make(request_values))
    # A coverage case may omit the property on purpose.
    filled_in = ("instant",) if with_expiry and case.phase != COVERAGE_PHASE else ()
    for place in correlators:
        for index, pointer in enumerate(place.pointers(data)):
            if pointer in case.values:
                continue
            present = get_at(data, pointer)
            if present is None or present is MISSING:
                if place.kind in filled_in:
                    value = correlator_value(contract, place, request_values, index)
                    put_if_possible(data, pointer, value)
            elif contract.schema(place.schema).is_valid(present):
                set_at(data, pointer, correlator_value(contract, place, request_values, index))
    return data


def put_if_possible(data: object, pointer: str, value: object) -> None:
    """Set `value` at `pointer` of `data` if the parent of the place exists."""
    try:
        set_at(data, pointer, value)
    except LookupError:
        return
