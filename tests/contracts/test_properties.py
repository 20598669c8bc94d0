"""Properties of resources: which values count as the same, and which do not."""

import pytest

from contracts.echoes.properties import is_same_value
from openapi.json_pointer import MISSING


@pytest.mark.parametrize(
    ("sent", "seen", "text_format"),
    [
        (" name ", "name", ""),
        ("Ada@Example.com", "ada@example.com", "email"),
        ("e\u0301", "\u00e9", ""),
        (1, 1.0, ""),
        ("10.50", "10.5", ""),
        ("2030-01-02T03:04:05Z", "2030-01-02T05:04:05.000+02:00", "date-time"),
        (None, MISSING, ""),
        ([], MISSING, ""),
        (False, MISSING, ""),
        (None, "a default", ""),
        ({"a": 1}, {"a": 1, "id": 7}, ""),
    ],
)
def test_forms_of_one_value_are_no_difference(sent: object, seen: object, text_format: str) -> None:
    assert is_same_value(sent, seen, text_format=text_format, is_set=False)


@pytest.mark.parametrize(
    ("sent", "seen", "text_format"),
    [
        ("name", "Name", ""),
        ("name", MISSING, ""),
        ("00501", "501", ""),
        ("<b>", "&lt;b&gt;", ""),
        (1.5, 1, ""),
        (True, 1, ""),
        (0, False, ""),
        (None, "null", ""),
        ("2030-01-02T03:04:05Z", "2030-01-02T04:04:05Z", "date-time"),
        ([1, 2], [2, 1], ""),
        ([1, 2], [1], ""),
        ({"a": 1}, {"a": 2}, ""),
    ],
)
def test_another_value_is_a_difference(sent: object, seen: object, text_format: str) -> None:
    assert not is_same_value(sent, seen, text_format=text_format, is_set=False)


def test_unique_items_may_have_any_order() -> None:
    assert is_same_value(["a", "b"], ["b", "a"], is_set=True)
    assert not is_same_value(["a", "b"], ["b"], is_set=True)
    assert not is_same_value(["a"], ["a", "b"], is_set=True)
