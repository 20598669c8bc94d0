"""Lists of kept resources: order, items, filters and pages."""

import pytest
from support.shop import Shop

pytestmark = pytest.mark.integration


def test_a_list_has_the_newest_first_in_its_own_shape(shop: Shop) -> None:
    assert shop.call("GET", "/orders").json() == {"orders": [], "total": 0, "nextCursor": None}
    made = [shop.create(reference) for reference in "ABC"]
    listed = shop.call("GET", "/orders").json()
    assert [one["id"] for one in listed["orders"]] == [one["id"] for one in made[::-1]]
    assert listed["orders"][0] == {
        "id": made[2]["id"], "reference": "C", "status": "open", "url": "https://orders.example.com/",
    }  # fmt: skip
    assert listed["total"] == 3


def test_a_list_holds_changed_values(shop: Shop) -> None:
    one = shop.create("A")
    shop.call("PATCH", f"/orders/{one['id']}", {"reference": "A2", "status": "paid"})
    (item,) = shop.call("GET", "/orders").json()["orders"]
    assert (item["reference"], item["status"]) == ("A2", "paid")


def test_filters_select_items(shop: Shop) -> None:
    made = [shop.create(reference) for reference in ("north 1", "south 2", "North 3")]
    shop.call("PATCH", f"/orders/{made[0]['id']}", {"status": "paid"})
    assert shop.references("?status=paid") == ["north 1"]
    assert shop.references("?status=open") == ["North 3", "south 2"]
    assert shop.references("?reference=north") == ["North 3", "north 1"]
    assert shop.references("?reference=north&status=open") == ["North 3"]
    assert shop.references("?status=cancelled") == []


@pytest.mark.parametrize("query", ["", "&status=open"])
def test_cursors_lead_through_every_item_once(shop: Shop, query: str) -> None:
    for reference in "ABCDE":
        shop.create(reference)
    seen: list[str] = []
    sizes: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = shop.call("GET", f"/orders?limit=2{query}{cursor}").json()
        seen += [one["reference"] for one in page["orders"]]
        sizes.append(len(page["orders"]))
        assert page["total"] == 5
        following = page["nextCursor"]
        cursor = None if following is None else f"&cursor={following}"
    assert (seen, sizes) == ([*"EDCBA"], [2, 2, 1])


def test_a_cursor_skips_nothing_when_items_are_added(shop: Shop) -> None:
    for reference in "ABC":
        shop.create(reference)
    page = shop.call("GET", "/orders?limit=2").json()
    shop.create("D")
    assert shop.references(f"?limit=2&cursor={page['nextCursor']}") == ["A"]


def test_the_documented_default_limits_a_page(shop: Shop) -> None:
    for number in range(12):
        shop.create(f"R{number}")
    assert len(shop.references()) == 10
    assert len(shop.references("?limit=50")) == 12


def test_an_offset_skips_items(shop: Shop) -> None:
    path = f"/orders/{shop.create('A')['id']}/lines"
    for article in "abcde":
        shop.call("POST", path, {"article": article})

    def articles(query: str) -> list[str]:
        return [one["article"] for one in shop.call("GET", f"{path}{query}").json()]

    assert articles("?limit=2") == ["e", "d"]
    assert articles("?limit=2&offset=2") == ["c", "b"]
    assert articles("?limit=2&offset=4") == ["a"]
    assert articles("?offset=5") == []
