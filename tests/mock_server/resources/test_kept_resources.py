"""Kept resources: what one operation stores, the others show, change and remove."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from support.shop import Shop, StartShop

from openapi.contract import Contract

pytestmark = pytest.mark.integration


def test_a_created_order_has_what_was_sent_and_generated_values(shop: Shop) -> None:
    before = datetime.now(UTC)
    one, two = shop.create("A", quantity=3, tags=["x"]), shop.create("B")
    assert one["customer"] == {"name": "Ada"}
    assert (one["reference"], one["quantity"], one["tags"]) == ("A", 3, ["x"])
    assert (two["quantity"], "note" in two, "tags" in two) == (1, False, False)
    assert (two["status"], two["number"], two["cancelledAt"]) == ("open", 17, None)
    assert re.fullmatch("ord_[0-9]{6}", one["id"])
    assert one["id"] != two["id"]
    for name in ("createdAt", "updatedAt"):
        assert before <= datetime.fromisoformat(one[name]) <= datetime.now(UTC)


def test_a_read_shows_the_created_order(shop: Shop) -> None:
    one, two = shop.create("A", note="careful"), shop.create("B")
    assert shop.read(one) == one
    assert shop.read(two) == two


def test_location_leads_to_the_order(shop: Shop) -> None:
    body = {"customer": {"name": "Ada"}, "reference": "A"}
    answer = shop.call("POST", "/orders", body)
    location = answer.headers["Location"]
    assert location == f"/v2/orders/{answer.json()['data']['id']}"
    assert shop.call("GET", location.removeprefix("/v2")).json()["reference"] == "A"


def test_a_replacement_keeps_what_the_client_cannot_set(shop: Shop) -> None:
    one = shop.create("A", quantity=3, note="careful", tags=["x"])
    shop.call("PATCH", f"/orders/{one['id']}", {"status": "paid"})
    body = {"customer": {"name": "Eve", "email": "eve@example.com"}, "reference": "A2"}
    answer = shop.call("PUT", f"/orders/{one['id']}", body)
    made = answer.json()
    assert answer.status_code == 200
    assert made == shop.read(one)
    assert made["customer"] == body["customer"]
    assert (made["reference"], made["quantity"], made["status"]) == ("A2", 1, "paid")
    assert not {"note", "tags"} & made.keys()
    assert (made["id"], made["createdAt"]) == (one["id"], one["createdAt"])
    assert made["updatedAt"] > one["updatedAt"]


def test_a_change_merges_and_null_removes(shop: Shop) -> None:
    one = shop.create("A", quantity=3, note="careful", tags=["x", "y"])
    shop.call("PATCH", f"/orders/{one['id']}", {"customer": {"name": "Eve", "email": "e@example"}})
    answer = shop.call(
        "PATCH",
        f"/orders/{one['id']}",
        {"tags": ["z"], "note": None, "quantity": None, "customer": {"name": "Eva", "email": None}},
    )
    made = answer.json()
    assert answer.status_code == 200
    assert made == shop.read(one)
    assert made["tags"] == ["z"]
    assert "note" not in made
    assert made["quantity"] == 3  # each response needs it, and none allows null
    assert made["customer"] == {"name": "Eva"}
    assert made["reference"] == "A"
    assert made["updatedAt"] > one["updatedAt"]


def test_a_deleted_order_is_unknown(shop: Shop) -> None:
    one, two = shop.create("A"), shop.create("B")
    shop.call("POST", f"/orders/{one['id']}/lines", {"article": "cup"})
    assert shop.call("DELETE", f"/orders/{one['id']}").status_code == 204
    assert shop.read(one) == 404
    for method, path, body in (
        ("DELETE", "", None),
        ("PUT", "", {"customer": {"name": "Eve"}, "reference": "C"}),
        ("PATCH", "", {"note": "late"}),
        ("POST", "/cancel", None),
        ("GET", "/lines", None),
        ("POST", "/lines", {"article": "cup"}),
    ):
        assert shop.call(method, f"/orders/{one['id']}{path}", body).status_code == 404
    assert shop.references() == ["B"]
    assert shop.read(two) == two


def test_an_unknown_order_gets_the_documented_404(shop: Shop) -> None:
    answer = shop.call("GET", "/orders/ord_999999")
    assert answer.status_code == 404
    assert answer.json().keys() == {"message"}


def test_an_action_shows_the_stored_order_in_its_new_state(shop: Shop) -> None:
    one = shop.create("A", note="careful")
    made = shop.call("POST", f"/orders/{one['id']}/cancel").json()
    assert made == shop.read(one)
    assert (made["id"], made["reference"], made["note"]) == (one["id"], "A", "careful")
    assert made["number"] == one["number"]
    assert made["cancelledAt"] > one["createdAt"]


def test_lines_belong_to_their_order(shop: Shop) -> None:
    one, two = shop.create("A"), shop.create("B")
    lines = [
        shop.call("POST", f"/orders/{order['id']}/lines", {"article": article}).json()
        for order, article in ((one, "cup"), (one, "jug"), (two, "mug"))
    ]
    listed = shop.call("GET", f"/orders/{one['id']}/lines").json()
    assert listed == [lines[1], lines[0]]
    path = f"/lines/{lines[0]['lineId']}"
    assert shop.call("GET", f"/orders/{one['id']}{path}").json() == lines[0]
    assert shop.call("GET", f"/orders/{two['id']}{path}").status_code == 404
    assert shop.call("DELETE", f"/orders/{one['id']}{path}").status_code == 204
    assert shop.call("GET", f"/orders/{one['id']}/lines").json() == [lines[1]]
    shop.call("DELETE", f"/orders/{one['id']}")
    assert shop.call("GET", f"/orders/{one['id']}/lines/{lines[1]['lineId']}").status_code == 404


def test_a_claimed_value_is_free_after_the_deletion(shop: Shop) -> None:
    one = shop.create("A")
    body = {"customer": {"name": "Eve"}, "reference": "A"}
    assert shop.call("POST", "/orders", body).status_code == 409
    shop.call("DELETE", f"/orders/{one['id']}")
    assert shop.call("POST", "/orders", body).status_code == 201
    assert shop.references() == ["A"]


def test_every_response_is_valid(shop: Shop, orders: Contract) -> None:
    one = shop.create("A")
    answers = {
        "createOrder": ("POST", "/orders", {"customer": {"name": "E"}, "reference": "B"}),
        "listOrders": ("GET", "/orders", None),
        "readOrder": ("GET", f"/orders/{one['id']}", None),
        "changeOrder": ("PATCH", f"/orders/{one['id']}", {"status": "paid", "note": None}),
        "cancelOrder": ("POST", f"/orders/{one['id']}/cancel", None),
    }
    for name, sent in answers.items():
        (success,) = orders.operation(name).responses_caused_by("valid-request")
        (schema,) = success.content.values()
        assert orders.schema(schema).violations(shop.call(*sent).json()) == ()


def test_concurrent_changes_lose_none(shop: Shop) -> None:
    one = shop.create("A")
    changes: list[dict[str, Any]] = [
        {"note": "careful"}, {"status": "paid"}, {"tags": ["x"]}, {"quantity": 7},
    ]  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(shop.call, "PATCH", f"/orders/{one['id']}", c) for c in changes]
        assert {d.result().status_code for d in done} == {200}
    for change in changes:
        assert change.items() <= shop.read(one).items()


def test_a_reset_forgets_every_order(shop: Shop) -> None:
    one = shop.create("A")
    assert shop.mock.api("reset", "POST").status_code in (200, 204)
    assert shop.read(one) == 404
    assert shop.references() == []
    shop.create("A")


def test_events_show_what_is_stored(shop: Shop) -> None:
    one = shop.create("A", note="careful", quantity=4)
    assert shop.mock.receiver.next().value == {"type": "order.created", "order": one}
    made = shop.call("PATCH", f"/orders/{one['id']}", {"tags": ["x"], "note": None}).json()
    assert shop.mock.receiver.next().value == {"type": "order.changed", "order": made}
    shop.call("DELETE", f"/orders/{one['id']}")
    shown = {"id": one["id"], "reference": "A"}
    assert shop.mock.receiver.next().value == {"type": "order.deleted", "order": shown}


def test_an_idempotency_key_repeats_the_first_response(shop: Shop, start_shop: StartShop) -> None:
    body = {"customer": {"name": "Ada"}, "reference": "A"}
    first = shop.call("POST", "/orders", body, Idempotency_Key="k")
    again = shop.call("POST", "/orders", body, Idempotency_Key="k")
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert shop.references() == ["A"]
    shop.create("B")
    events = [shop.mock.receiver.next().value["order"]["reference"] for _ in range(2)]
    assert events == ["A", "B"]  # the repeated request has none


def test_an_idempotency_key_belongs_to_its_request_and_credential(shop: Shop) -> None:
    body = {"customer": {"name": "Ada"}, "reference": "A"}
    assert shop.call("POST", "/orders", body, Idempotency_Key="k").status_code == 201
    other = {**body, "reference": "B"}
    assert shop.call("POST", "/orders", other, Idempotency_Key="k").status_code == 422
    assert shop.references() == ["A"]
    assert Shop(shop.mock).call("POST", "/orders", other, Idempotency_Key="k").status_code == 201
    assert shop.call("POST", "/orders", body, Idempotency_Key="l").status_code == 409
