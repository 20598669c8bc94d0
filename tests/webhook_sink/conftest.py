"""Fixtures of the sink's tests."""

import pytest
from support.sink import StartedSink, StartSink

from openapi.contract import Contract
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@pytest.fixture
def start(contract: Contract) -> StartSink:
    """Return a function that starts a sink: `with start(max_body_bytes=5) as client:`."""
    return lambda **settings: StartedSink(Sink(contract, **settings))


@pytest.fixture
def draft() -> Delivery:
    """Return an unstored delivery with unusual bytes that the store must keep."""
    return Delivery(
        id=0,
        received_at=1790000000.123456,
        method="POST",
        target="/a%20b?x=\xff&\x00",
        headers=((b"X-A", b"1"), (b"x-a", b"2"), (b"X-A", b""), (b"Z", bytes(range(256)))),
        body=bytes(range(256)),
        truncated=False,
        remote="[::1]:4020",
        status=200,
    )
