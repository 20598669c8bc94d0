"""Invalid values of parameters, by their schemas."""

from pathlib import Path

import pytest

from contracts.generators.parameters import invalid_parameter_cases
from contracts.model.case import Case
from openapi.loading.loader import load_contract

WORKSHOP = load_contract(Path(__file__).resolve().parents[1] / "data" / "workshop.yaml")


@pytest.mark.parametrize("name", ["email", "cursor", "status", "limit"])
def test_each_constraint_of_a_query_parameter_is_broken_by_a_case(name: str) -> None:
    operation = WORKSHOP.operation("listCustomers")
    cases = invalid_parameter_cases(WORKSHOP, operation, Case("valid", "a plain request", {}))
    assert [case for case in cases if f"query.{name}" in case.parameters]
