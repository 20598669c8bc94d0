"""Tenants: each sees only its own resources."""

import jwt
import pytest
from support.processes import hookproof
from support.shop import ORDERS, Shop

from mock_server.tokens import DEVELOPMENT_SECRET, TENANT_CLAIM

pytestmark = pytest.mark.integration


def test_a_resource_of_another_tenant_is_unknown_and_not_listed(shop: Shop) -> None:
    north, south = Shop(shop.mock, "north"), Shop(shop.mock, "south")
    one = north.create("A")
    assert north.read(one) == one
    for other in (south, shop):
        assert other.read(one) == 404
        assert other.call("DELETE", f"/orders/{one['id']}").status_code == 404
        assert other.references() == []
    assert north.references() == ["A"]


def test_each_tenant_has_its_own_unique_values_and_keys(shop: Shop) -> None:
    body = {"customer": {"name": "Ada"}, "reference": "A"}
    made = [
        one.call("POST", "/orders", body, Idempotency_Key="k").json()["data"]["id"]
        for one in (shop, Shop(shop.mock, "north"), Shop(shop.mock, "south"))
    ]
    assert len({*made}) == 3


def test_the_command_prints_a_token_of_a_tenant(shop: Shop) -> None:
    token = hookproof("token", "--contract", str(ORDERS), "--tenant", "north").stdout.strip()
    assert jwt.decode(token, DEVELOPMENT_SECRET, ["HS256"])[TENANT_CLAIM] == "north"
    one = Shop(shop.mock, "north").create("A")
    answer = shop.call("GET", f"/orders/{one['id']}", Authorization=f"Bearer {token}")
    assert answer.json() == one
