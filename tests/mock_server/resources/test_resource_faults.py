"""Faults of kept resources: each has its described effect, and a mock without it does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.shop import Shop, StartShop

from mock_server.faults.registry import faults
from mock_server.faults.resources import RESOURCE_FAULTS
from openapi.contract import Contract
from openapi.loading.loader import load_contract

Seen = Callable[[Shop], bool]
PARCELS = Path(__file__).resolve().parents[2] / "data" / "parcels.yaml"


def patch(shop: Shop, order: dict[str, Any], **changes: Any) -> Any:
    answer = shop.call("PATCH", f"/orders/{order['id']}", changes)
    assert answer.status_code == 200
    return answer.json()


def changed(test: Callable[[Any, Any], bool]) -> Seen:
    """Test the order after a change, and another one."""

    def seen(shop: Shop) -> bool:
        other, one = shop.create("B"), shop.create("A", note="careful")
        assert patch(shop, one, status="paid")["status"] == "paid"
        return test(shop.read(one), shop.read(other))

    return seen


def created(test: Callable[[Any, Any], bool]) -> Seen:
    def seen(shop: Shop) -> bool:
        one = shop.create("A", note="careful")
        return test(one, shop.read(one))

    return seen


def deleted(test: Callable[[Shop, dict[str, Any]], bool]) -> Seen:
    def seen(shop: Shop) -> bool:
        one = shop.create("A")
        assert shop.call("DELETE", f"/orders/{one['id']}").status_code == 204
        return test(shop, one)

    return seen


def listed(query: str, expected: list[str]) -> Seen:
    """Test the list after five creations, of which the first one is paid and renamed."""

    def seen(shop: Shop) -> bool:
        made = [shop.create(reference) for reference in "ABCDE"]
        patch(shop, made[0], reference="A2", status="paid")
        return shop.references(query) == expected

    return seen


def pages(expected: list[str]) -> Seen:
    def seen(shop: Shop) -> bool:
        for reference in "ABCDE":
            shop.create(reference)
        first = shop.call("GET", "/orders?limit=2").json()
        second = shop.references(f"?limit=2&cursor={first['nextCursor']}")
        return [*(one["reference"] for one in first["orders"]), *second] == expected

    return seen


def repeats(shop: Shop) -> bool:
    body = {"customer": {"name": "Ada"}, "reference": "A"}
    answers = [shop.call("POST", "/orders", body, Idempotency_Key="k") for _ in range(2)]
    return [answer.status_code for answer in answers] == [201, 409]


def crosses_tenants(shop: Shop) -> bool:
    one = Shop(shop.mock, "north").create("A")
    other = Shop(shop.mock, "south")
    return other.read(one) == one and other.references() == ["A"]


SEEN: dict[str, Seen] = {
    "read-stale": changed(lambda one, _: one["status"] == "open"),
    "update-lost": changed(lambda one, _: one["status"] == "open"),
    "update-wipes": changed(lambda one, _: (one["status"], "note" in one) == ("paid", False)),
    "update-of-another": changed(
        lambda one, other: (one["status"], other["status"]) == ("open", "paid")
    ),
    "creation-lost": created(lambda _, read: read == 404),
    "property-lost": created(lambda one, read: read["id"] == one["id"] and read != one),
    "deleted-readable": deleted(lambda shop, one: shop.read(one) == one),
    "deleted-listed": deleted(lambda shop, _: shop.references() == ["A"]),
    "unknown-as-found": lambda s: s.call("GET", "/orders/ord_999999").status_code == 200,
    "list-without-newest": listed("", ["D", "C", "B", "A2"]),
    "list-stale": listed("", ["E", "D", "C", "B", "A"]),
    "filter-ignored": listed("?status=paid", ["E", "D", "C", "B", "A2"]),
    "limit-ignored": listed("?limit=2", ["E", "D", "C", "B", "A2"]),
    "page-repeated": pages(["E", "D", "E", "D"]),
    "item-lost-between-pages": pages(["E", "D", "B", "A"]),
    "idempotency-key-ignored": repeats,
    "tenant-ignored": crosses_tenants,
}


def test_every_fault_has_a_test_case() -> None:
    assert SEEN.keys() == {fault.name for fault in RESOURCE_FAULTS}


def test_a_fault_applies_to_a_contract_that_has_its_part(orders: Contract) -> None:
    assert SEEN.keys() <= faults(orders).keys()
    assert not SEEN.keys() & faults(load_contract()).keys()
    lacking = {"limit-ignored", "page-repeated", "item-lost-between-pages"}
    lacking |= {"idempotency-key-ignored"}
    assert SEEN.keys() - faults(load_contract(PARCELS)).keys() == lacking


@pytest.mark.integration
@pytest.mark.parametrize("name", SEEN)
def test_a_fault_has_its_described_effect(start_shop: StartShop, name: str) -> None:
    with start_shop(faults=frozenset({name})) as shop:
        assert SEEN[name](shop)
    with start_shop() as shop:
        assert not SEEN[name](shop)
