"""Documented responses of one operation, selected by status or example for `Prefer`."""

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from mock_server.middleware.prefer_header import Preferences
from mock_server.responses.content import preferred_content
from mock_server.responses.success import success_response_of
from openapi.contract import Contract, Json, Operation, ResponseSpec
from openapi.examples import Example, body_example, draw_value, named_examples
from openapi.schemas.direction import direction_of

_FINAL_STATUS = re.compile(r"[2-5][0-9]{2}", re.ASCII)
_BODILESS_STATUSES = (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED)


@dataclass(frozen=True, slots=True)
class SelectedResponse:
    """Response on demand."""

    response_spec: ResponseSpec
    status: int
    body: Example | None
    """None for a response without content."""


class DocumentedResponses:
    """Documented responses of one operation, from which a client selects."""

    def __init__(self, contract: Contract, operation: Operation, seed: int | None) -> None:
        """Take the operation; the same `seed` gives the same generated values."""
        self._contract = contract
        self._operation = operation
        self._seed = seed or 0
        self._rng = random.Random(None if seed is None else f"{seed}/{operation.id}/dynamic")  # noqa: S311

    @cached_property
    def _examples(self) -> Mapping[str, Mapping[str, Example]]:
        """Named examples of each response; read when a client first has a preference."""
        return {
            status: named_examples(self._contract, response_spec)
            for status, response_spec in self._operation.responses.items()
            if not status.startswith("1")  # interim responses
        }

    def select(self, preferences: Preferences) -> SelectedResponse | None:
        """Return the preferred response or None; raise `ValueError` with the available ones."""
        if not (preferences.code or preferences.example or preferences.dynamic):
            return None
        if preferences.code:
            response_spec, status = self._by_code(preferences.code)
        else:
            found = self._with_example(preferences.example) if preferences.example else None
            response_spec = found or success_response_of(self._operation)
            status = self._operation.status_of(response_spec)
        body = self._body(response_spec, preferences)
        return SelectedResponse(
            response_spec, status, None if status in _BODILESS_STATUSES else body
        )

    def _body(self, response_spec: ResponseSpec, preferences: Preferences) -> Example | None:
        if preferences.example:
            return self._example_by_name(response_spec, preferences.example)
        content = preferred_content(response_spec)
        if content is None:
            return None
        media_type, schema = content
        value = self._sampled_value(schema) if preferences.dynamic else self._example_value(schema)
        return Example(media_type, value)

    def _by_code(self, code: str) -> tuple[ResponseSpec, int]:
        known = {status.lower(): self._operation.responses[status] for status in self._examples}
        exact = known.get(code.lower())
        if exact is not None:
            return exact, self._operation.status_of(exact)
        fallback = known.get(f"{code[0]}xx", known.get("default"))
        if _FINAL_STATUS.fullmatch(code) and fallback is not None:
            return fallback, int(code)
        raise ValueError(
            f"code={code} is not documented for {self._operation.id}; "
            f"{_list_available(self._examples)}"
        )

    def _with_example(self, name: str) -> ResponseSpec:
        statuses = sorted(self._examples, key=lambda status: not status.startswith("2"))
        for status in statuses:
            if name in self._examples[status]:
                return self._operation.responses[status]
        all_names = dict.fromkeys(n for status in statuses for n in self._examples[status])
        raise ValueError(
            f"example={name}: no response of {self._operation.id} has this example; "
            f"{_list_available(all_names)}"
        )

    def _example_by_name(self, response_spec: ResponseSpec, name: str) -> Example:
        known = self._examples[response_spec.status]
        if name in known:
            return known[name]
        raise ValueError(
            f"example={name}: the {response_spec.status} of {self._operation.id} does not have "
            f"this example; {_list_available(known)}"
        )

    def _example_value(self, schema: str) -> Json:
        rng = random.Random(f"{self._seed}/{schema}")  # noqa: S311 - examples, not secrets
        return body_example(self._contract, schema, rng)

    def _sampled_value(self, schema: str) -> Json:
        drawn = draw_value(
            self._contract, self._contract.at(schema), self._rng, direction_of(schema)
        )
        return drawn.value if drawn.is_valid else self._example_value(schema)


def _list_available(names: Iterable[str]) -> str:
    return f"available: {', '.join(names) or 'none'}"
