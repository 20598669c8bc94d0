"""Generator of values for schemas of a contract.

The first draft takes the first branch and each property, and is checked as a whole. If it is
invalid, a second pass checks each part of the value, and tries other branches and properties.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from openapi.contract import Contract
from openapi.generation.alternatives import Alternative, AlternativeFinder, Schemas, contains
from openapi.generation.arrays import ArrayPlan
from openapi.generation.numbers import generate_integer, generate_number, number_rules
from openapi.generation.objects import ObjectPlan
from openapi.generation.strings import StringRules, generate_strings
from openapi.generation.validity import SchemaTests
from openapi.json_pointer import MISSING

Json = Any
_MAX_CHECKS = 3000
"""Checks of parts of one value, after which the second pass gives up."""
_MAX_OPTIONAL_VALUES = 2000
"""Values of a draft after which it leaves out optional properties."""
_MAX_DROPPED_VALUES = 1000
"""Values of a draft after which it drops no further items of arrays."""
_MAX_OPTIONAL_DEPTH = 12
_MAX_ALTERNATIVES = 100
_DRAWS_OF_ITEM = 20
"""Attempts for each item of an array, because random items may repeat."""
_MAX_NAMED = 100
"""Examples, values of an enumeration, and strings that are tried."""
_ATTEMPTS = 4
"""Values of one alternative and type: with and without optional parts, twice."""
_USUAL_TYPES = ("string", "object", "array", "number", "boolean", "null")
_STRING = {"type": "string"}
_KEYWORDS_BY_TYPE = {
    "object": frozenset(
        [
            *("properties", "required", "additionalProperties", "patternProperties"),
            *("minProperties", "maxProperties", "propertyNames", "unevaluatedProperties"),
            *("dependentRequired", "dependentSchemas"),
        ]
    ),
    "array": frozenset(
        [
            *("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
            "unevaluatedItems",
        ]
    ),
    "string": frozenset(["pattern", "format", "minLength", "maxLength"]),
    "number": frozenset(
        ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
    ),
}
"""Keywords that only constrain values of one type, and so suggest it."""


class NoValueError(Exception):
    """No value was found."""


class _TooManyChecksError(Exception):
    """The second pass has checked as many values as it may."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Generated value."""

    value: Json
    is_valid: bool
    """False if no value was found that satisfies the schema."""


class ValueGenerator:
    """Generator of the values of one contract in one direction."""

    def __init__(self, contract: Contract, direction: str | None) -> None:
        """Leave out properties that `direction` hides (see `openapi.schemas.direction`)."""
        self._direction = direction
        self._tests = SchemaTests(contract, direction)
        self._finders = [
            AlternativeFinder(contract.document, excludes_branches=excludes)
            for excludes in (False, True)
        ]
        self._has_hidden = direction is not None and direction in contract.text

    def generate(
        self,
        schemas: Schemas,
        rng: random.Random,
        is_valid: Callable[[Json], bool] | None = None,
    ) -> Drawn:
        """Return a value for `schemas`; `is_valid` replaces their own check of the whole value."""
        check = is_valid or (lambda value: self._tests.allow(schemas, value))
        hidden = self._direction if self._has_hidden else None
        plain, exclusive = self._finders
        best: Json = MISSING
        for mode, finder in (("draft", plain), ("checked", exclusive), ("incomplete", plain)):
            if mode == "incomplete" and best is not MISSING:
                break
            try:
                value = _Pass(self._tests, finder, hidden, rng, mode).generate(schemas, _Place())
            except (NoValueError, _TooManyChecksError):
                continue
            if check(value):
                return Drawn(value, True)
            best = value if best is MISSING else best
        return Drawn(None if best is MISSING else best, False)


@dataclass(frozen=True, slots=True)
class _Place:
    """Place of a value in the one that is generated."""

    above: frozenset[int] = field(default_factory=frozenset)
    """Ids of the referenced schemas that it lies in."""
    depth: int = 0
    with_optional: bool = True
    """Whether its own optional parts are wanted."""

    def below(self, alternative: Alternative) -> "_Place":
        return _Place(self.above | alternative.followed, self.depth + 1)


class _Pass:
    """One way to generate: trust the first choices, or check each part.

    The mode `incomplete` is a draft with null for each part that has no value.
    """

    def __init__(
        self,
        tests: SchemaTests,
        finder: AlternativeFinder,
        direction: str | None,
        rng: random.Random,
        mode: str,
    ) -> None:
        self._tests = tests
        self._finder = finder
        self._direction = direction
        self._rng = rng
        self._checks_parts = mode == "checked"
        self._is_incomplete = mode == "incomplete"
        self._checks = self._values = 0
        self._failed: set[tuple[tuple[int, ...], frozenset[int]]] = set()

    def generate(self, schemas: Schemas, place: _Place) -> Json:
        """Return a value; raise `NoValueError` or `_TooManyChecksError`."""
        self._values += 1
        key = (tuple(map(id, schemas)), place.above)
        if key not in self._failed:
            for value in self._candidates(schemas, place):
                if not self._checks_parts or self._is_allowed(schemas, value):
                    return value
            self._failed.add(key)
        if self._is_incomplete and place.depth:
            return None
        raise NoValueError

    def _is_allowed(self, schemas: Schemas, value: Json) -> bool:
        self._checks += 1
        if self._checks > _MAX_CHECKS:
            raise _TooManyChecksError
        return self._tests.allow(schemas, value)

    def _candidates(self, schemas: Schemas, place: _Place) -> Iterator[Json]:
        found = self._finder.alternatives(schemas, place.above)
        for alternative in islice(found, _MAX_ALTERNATIVES):
            yield from self._stated_values(schemas, alternative)
            if alternative.values is None:
                yield from self._generated_values(alternative, place)

    def _stated_values(self, schemas: Schemas, alternative: Alternative) -> Iterator[Json]:
        """Yield values that the schemas name: `const`, an example, `enum`, `default`."""
        allowed = alternative.values
        stated = [
            s for s in reversed(alternative.schemas) if s.get("examples") and "const" not in s
        ]
        examples = [
            self._without_hidden(value, alternative)
            for value in (stated[0]["examples"] if stated else ())
            if allowed is None or contains(allowed, value)
        ]
        named = examples or list(allowed or ())
        if named:
            chosen = self._rng.choice(named)
            # An example of one part of several is often no value of all of them.
            is_part = len(alternative.schemas) > 1 and isinstance(chosen, dict | list)
            if self._checks_parts or not is_part or self._tests.allow(schemas, chosen):
                yield chosen
        if self._checks_parts:
            yield from named[:_MAX_NAMED]
            yield from list(allowed or ())[:_MAX_NAMED]
            yield from (s["default"] for s in alternative.schemas if "default" in s)

    def _without_hidden(self, value: Json, alternative: Alternative) -> Json:
        """Return an example without the properties that the direction leaves out."""
        if self._direction is None or not isinstance(value, dict):
            return value
        plan = ObjectPlan(alternative.schemas, self._direction)
        return {
            name: item
            for name, item in value.items()
            if name in plan.required or not self._is_hidden(plan.schemas_of(name))
        }

    def _is_hidden(self, schemas: Schemas) -> bool:
        """Return whether the direction leaves out a property with these schemas."""
        return self._direction is not None and self._finder.has_flag(schemas, self._direction)

    def _generated_values(self, alternative: Alternative, place: _Place) -> Iterator[Json]:
        for name in _possible_types(alternative, is_complete=self._checks_parts):
            if name == "string":
                found = generate_strings(string_rules(alternative.schemas), self._rng)
                yield from islice(found, _MAX_NAMED if self._checks_parts else 1)
                continue
            for attempt in range(_ATTEMPTS if self._checks_parts else 1):
                try:
                    yield self._of_type(name, alternative, place, with_optional=attempt % 2 == 0)
                except NoValueError:
                    continue

    def _of_type(
        self, name: str, alternative: Alternative, place: _Place, *, with_optional: bool
    ) -> Json:
        schemas = alternative.schemas
        match name:
            case "object":
                return self._object(alternative, place, with_optional=with_optional)
            case "array":
                return self._array(alternative, place, with_optional=with_optional)
            case "integer":
                return _found(generate_integer(number_rules(schemas), self._rng))
            case "number":
                return _found(generate_number(number_rules(schemas), self._rng))
            case "boolean":
                return self._rng.random() < 0.5
        return None

    def _object(
        self,
        alternative: Alternative,
        place: _Place,
        *,
        with_optional: bool,
        applied: frozenset[int] = frozenset(),
    ) -> Json:
        plan = ObjectPlan(alternative.schemas, self._direction)
        below = place.below(alternative)
        made: dict[str, Json] = {}
        for name in plan.names:
            schemas = plan.schemas_of(name)
            if name in plan.required:
                made[name] = self.generate(schemas, below)
            elif self._wants_optional(place, with_optional) and not self._is_hidden(schemas):
                with suppress(NoValueError):
                    made[name] = self.generate(schemas, below)
        triggered = [s for s in plan.dependent_schemas(made) if id(s) not in applied]
        if triggered:
            applied |= {id(schema) for schema in triggered}
            extended = (*alternative.schemas, *triggered)
            for other in self._finder.alternatives(extended, place.above):
                return self._object(other, place, with_optional=with_optional, applied=applied)
            raise NoValueError
        pending = [*plan.required, *plan.dependents(made)]
        while pending:
            name = pending.pop(0)
            if name not in made:
                made[name] = self.generate(plan.schemas_of(name), below)
                pending += plan.dependents([name])
        self._add_properties(made, plan, below)
        return _without_surplus(made, plan)

    def _wants_optional(self, place: _Place, with_optional: bool) -> bool:
        return (
            with_optional
            and place.depth < _MAX_OPTIONAL_DEPTH
            and self._values < _MAX_OPTIONAL_VALUES
        )

    def _add_properties(self, made: dict[str, Json], plan: ObjectPlan, below: _Place) -> None:
        """Add properties until there are `minProperties`; raise `NoValueError` if too few exist."""
        if len(made) >= plan.least:
            return
        for name in self._further_names(plan):
            if len(made) >= plan.least:
                return
            if name not in made:
                with suppress(NoValueError):
                    made[name] = self.generate(plan.schemas_of(name), below)
        if len(made) < plan.least:
            raise NoValueError

    def _further_names(self, plan: ObjectPlan) -> Iterator[str]:
        """Yield names of properties that an object may have."""
        yield from plan.names
        for pattern in plan.name_patterns:
            rules = StringRules(patterns=[pattern])
            yield from islice(generate_strings(rules, self._rng), plan.least * 4)
        if not plan.name_schemas:
            yield from (f"property{number}" for number in range(1, plan.least + 1))
            return
        with suppress(NoValueError):
            for _ in range(plan.least * 4):
                name = self.generate((*plan.name_schemas, _STRING), _Place())
                yield name

    def _array(self, alternative: Alternative, place: _Place, *, with_optional: bool) -> Json:
        plan = ArrayPlan(alternative.schemas, self._finder.negated)
        least, most = plan.least, plan.most
        if most is not None and most < least:
            raise NoValueError
        count = max(least, plan.usual) if with_optional else least
        count = count if most is None else min(count, most)
        below = place.below(alternative)
        made: list[Json] = []
        for _ in range(count * _DRAWS_OF_ITEM):
            try:
                item = self.generate(plan.schemas_at(min(len(made), count - 1)), below)
            except NoValueError:
                break
            if len(made) < count and not (plan.is_unique and contains(made, item)):
                made.append(item)
            if len(made) == count and not self._draws_on():
                break
        if len(made) < least:
            raise NoValueError
        return made

    def _draws_on(self) -> bool:
        """Return whether to draw further items, which are dropped.

        What follows a short array then does not depend on repeated items.
        """
        return not self._checks_parts and self._values < _MAX_DROPPED_VALUES


def _possible_types(alternative: Alternative, *, is_complete: bool) -> Sequence[str]:
    """Return the types to try; those that the keywords suggest come first."""
    if alternative.types is not None:
        return alternative.types
    keywords = {keyword for schema in alternative.schemas for keyword in schema}
    suggested = [name for name, known in _KEYWORDS_BY_TYPE.items() if known & keywords]
    if suggested and not is_complete:
        return suggested
    return list(dict.fromkeys([*suggested, *_USUAL_TYPES]))


def string_rules(schemas: Sequence[Mapping[str, Json]]) -> StringRules:
    """Return the constraints of a string to which all `schemas` apply."""
    most = [schema["maxLength"] for schema in schemas if "maxLength" in schema]
    encoded = ["byte" for schema in schemas if schema.get("contentEncoding") == "base64"]
    return StringRules(
        int(max((schema.get("minLength", 0) for schema in schemas), default=0)),
        int(min(most)) if most else None,
        [*(schema["format"] for schema in schemas if "format" in schema), *encoded],
        [schema["pattern"] for schema in schemas if "pattern" in schema],
    )


def _found(value: Json) -> Json:
    if value is None:
        raise NoValueError
    return value


def _without_surplus(made: dict[str, Json], plan: ObjectPlan) -> dict[str, Json]:
    """Return `made` with at most `maxProperties` properties."""
    surplus = 0 if plan.most is None else len(made) - plan.most
    optional = [name for name in made if name not in plan.required]
    for name in reversed(optional[-surplus:] if surplus > 0 else []):
        del made[name]
    return made
