"""Unique values where a service may have a rule that the contract only hints at with a 409.

A contract that documents 409 often means that a name or an address is taken. If it does not say
which (`duplicate-values`), a run that sends one example again and again would only see conflicts.
"""

from collections.abc import Mapping
from functools import lru_cache

from contracts.model.case import Case, ValueFactory
from contracts.model.correlators import property_schema
from contracts.model.unique_values import RequestValues, unique_parameter_texts
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.resources.names import letters
from openapi.resources.schema_values import SchemaReader

_CONFLICT = 409
_MAX_PROPERTIES = 100
_UNIQUE_NAMES = (
    *("email", "mail", "username", "login", "name", "slug", "handle", "code", "sku", "title"),
    *("label", "reference", "number", "identifier", "externalid", "subdomain", "domain"),
)
"""Ends of names of properties whose values may have to be unique."""
_SAMPLE_MARK = "hp-000000-0001"


def with_unique_values(contract: Contract, operation: Operation, case: Case, base: Json) -> Case:
    """Return `case` with unique values for the properties that it has from the body `base`."""
    if not isinstance(case.body, dict) or not isinstance(base, dict):
        return case
    found = {
        pointer: factory
        for pointer, factory in _factories(contract, operation).items()
        if pointer not in case.values
        and get_at(base, pointer) is not MISSING
        and get_at(case.body, pointer) == get_at(base, pointer)
    }
    return case.with_values(found) if found else case


@lru_cache(maxsize=256)
def _factories(contract: Contract, operation: Operation) -> Mapping[str, ValueFactory]:
    """Return a factory of unique texts for each property that may have to be unique."""
    response, body = operation.response_for(_CONFLICT), operation.body
    is_hinted = response is not None and response.status == str(_CONFLICT)
    if operation.is_safe or operation.duplicate_values or not is_hinted:
        return {}
    if body is None or body.schema is None or not operation.has_json_body:
        return {}
    found: dict[str, ValueFactory] = {}
    names = SchemaReader(contract.document).properties(body.schema)
    for name in names[:_MAX_PROPERTIES]:
        pointer = join_pointer("", name)
        if letters(name).endswith(_UNIQUE_NAMES):
            factory = _factory(contract, name, property_schema(contract, body.schema, pointer))
            if factory is not None:
                found[pointer] = factory
    return found


def _factory(contract: Contract, name: str, place: str) -> ValueFactory | None:
    schema, stated = contract.schema(place), contract.at(place)
    if not isinstance(stated, dict) or {"enum", "const"} & stated.keys():
        return None
    is_address = letters(name).endswith("mail") or stated.get("format") in ("email", "idn-email")
    for index, text in enumerate(_texts(_SAMPLE_MARK)):
        if (index == 0) == is_address and schema.is_valid(text):
            return _made_by(index)
    return None


def _made_by(index: int) -> ValueFactory:
    def make(values: RequestValues) -> object:
        return _texts(values.mark)[index]

    return make


def _texts(mark: str) -> tuple[str, ...]:
    """Return texts that stand for `mark`: an address, the mark, a UUID, digits, letters."""
    plain = mark.replace("-", "")
    return (f"{mark}@example.com", *unique_parameter_texts(mark), plain, plain.upper())
