"""Seed data: resources that a mock has from its start and after each reset."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.processes import hookproof
from support.shop import ORDERS, StartShop

pytestmark = pytest.mark.integration

LINES = "/orders/{orderId}/lines"
ORDER: dict[str, Any] = {
    "id": "ord_000007", "customer": {"name": "Ada"}, "reference": "R-7", "status": "paid",
}  # fmt: skip
DATA = {
    "/orders": [ORDER, {"customer": {"name": "Grace"}, "reference": "R-8", "number": 8}],
    LINES: [{"$path": {"orderId": "ord_000007"}, "article": "cup"}],
}


def written(folder: Path, data: Any) -> Path:
    path = folder / "data.yaml"
    path.write_text(json.dumps(data))
    return path


def test_seed_data_is_there_and_comes_back(start_shop: StartShop, tmp_path: Path) -> None:
    with start_shop(seed_data=written(tmp_path, DATA)) as shop:
        made = shop.read({"id": "ord_000007"})
        assert ORDER.items() <= made.items()
        assert (made["quantity"], made["number"]) == (1, 17)
        assert shop.references() == ["R-8", "R-7"]
        (other,) = shop.call("GET", "/orders?reference=R-8").json()["orders"]
        assert shop.read(other)["number"] == 8
        (line,) = shop.call("GET", "/orders/ord_000007/lines").json()
        assert line["article"] == "cup"
        body = {"customer": {"name": "Eve"}, "reference": "R-7"}
        assert shop.call("POST", "/orders", body).status_code == 409
        shop.call("DELETE", "/orders/ord_000007")
        shop.create("R-9")
        shop.mock.api("reset", "POST")
        assert shop.references() == ["R-8", "R-7"]
        assert shop.read({"id": "ord_000007"})["createdAt"] == made["createdAt"]


def test_a_state_file_gets_it_once(start_shop: StartShop, tmp_path: Path) -> None:
    settings = {"seed_data": written(tmp_path, DATA), "state": tmp_path / "state"}
    with start_shop(**settings) as shop:
        shop.call("DELETE", "/orders/ord_000007")
        assert shop.references() == ["R-8"]
    with start_shop(**settings) as shop:
        assert shop.references() == ["R-8"]


def test_an_empty_file_is_no_seed_data(tmp_path: Path) -> None:
    assert "is an object from paths" in refused(tmp_path, [])


def refused(folder: Path, data: Any) -> str:
    """Return the error of a mock with `data`."""
    path = written(folder, data)
    run = hookproof("mock", "--port", "0", "--contract", str(ORDERS), "--seed-data", str(path))
    assert run.returncode == 2
    assert run.stderr.startswith(f"hookproof: {path}:1:")
    assert len(run.stderr.splitlines()) == 1
    return run.stderr


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"/order": []}, "the mock keeps no resources of '/order'; use /orders"),
        ({"/orders": {}}, "is no list of resources"),
        ({"/orders": [1]}, "a resource is an object"),
        ({"/orders": [{**ORDER, "quantity": "x"}]}, "(/~1orders/0/quantity): /quantity: "),
        ({"/orders": [{**ORDER, "customer": {}}]}, "(/~1orders/0/customer): /customer: "),
        ({"/orders": [{**ORDER, "referense": "x"}]}, "has no property 'referense'; use reference"),
        ({"/orders": [{**ORDER, "id": "7"}]}, "(/~1orders/0/id): /id: "),
        ({"/orders": [ORDER, {**ORDER, "reference": "x"}]}, "another resource has the id"),
        ({"/orders": [ORDER, {**ORDER, "id": "ord_000008"}]}, "another resource has 'R-7' too"),
        ({LINES: [{"article": "cup"}]}, "$path is an object with orderId"),
        ({"/orders": [{**ORDER, "$path": {"a": 1}}]}, "has no path parameters; remove $path"),
    ],
)
def test_bad_seed_data_gets_one_sentence(tmp_path: Path, data: Any, told: str) -> None:
    assert told in refused(tmp_path, data)


def test_a_missing_file_gets_one_sentence(tmp_path: Path) -> None:
    run = hookproof("mock", "--port", "0", "--seed-data", str(tmp_path / "none.yaml"))
    assert run.returncode == 2
    assert "none.yaml: cannot be read" in run.stderr
