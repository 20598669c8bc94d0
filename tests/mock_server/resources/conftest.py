"""Fixtures of the tests of kept resources."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.mock import running
from support.shop import ORDERS, Shop, StartShop

from openapi.contract import Contract
from openapi.loading.loader import load_contract


@pytest.fixture(scope="session")
def orders() -> Contract:
    return load_contract(ORDERS)


@pytest.fixture(scope="session")
def start_shop(orders: Contract) -> StartShop:
    """Return a function that starts a mock of the orders: `with start_shop() as shop:`."""

    @contextmanager
    def start(**settings: Any) -> Iterator[Shop]:
        with running(orders, **settings) as mock:
            yield Shop(mock)

    return start


@pytest.fixture
def shop(start_shop: StartShop) -> Iterator[Shop]:
    """Yield the client of a mock with an empty state."""
    with start_shop() as shop:
        yield shop
