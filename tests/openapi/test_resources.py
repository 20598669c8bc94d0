"""Resources of a contract: those that paths, links and schemas imply, and what stays open."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.processes import TESTS

from openapi.contract import Contract
from openapi.loading.loader import load_contract, parse_contract
from openapi.resources.derivation import find_doubts, find_resources
from openapi.resources.model import Resource

Data = dict[str, Any]
TEXT, COUNT = {"type": "string"}, {"type": "integer"}
CUP: Data = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "name": TEXT,
        "size": {"type": "string", "enum": ["small", "large"]},
        "made": {"type": "string", "format": "date"},
    },
}
REF = {"$ref": "#/components/schemas/Cup"}
CUPS = {"type": "array", "items": REF}


def shaped(**properties: Any) -> Data:
    return {"type": "object", "properties": properties}


def content(schema: Any) -> Data:
    return {"content": {"application/json": {"schema": schema}}}


def operation(name: str, answer: Any = None, sent: Any = None, status: str = "200") -> Data:
    response = {"description": "it", **(content(answer) if answer is not None else {})}
    body = {} if sent is None else {"requestBody": content(sent)}
    return {"operationId": name, **body, "responses": {status: response}}


def queried(of: Data, *parameters: Data) -> Data:
    return {**of, "parameters": [{"in": "query", "schema": TEXT, **one} for one in parameters]}


def collection(
    created: Any = REF,
    sent: Any = REF,
    read: Any = REF,
    listed: Any = CUPS,
    query: tuple[Data, ...] = (),
    parameter: str = "cupId",
) -> Data:
    """Return the paths of cups: POST and GET /cups, and GET /cups/{cupId}."""
    named = {"name": parameter, "in": "path", "required": True, "schema": TEXT}
    return {
        "/cups": {
            "post": operation("create", created, sent, "201"),
            "get": queried(operation("list", listed), *query),
        },
        f"/cups/{{{parameter}}}": {"parameters": [named], "get": operation("read", read)},
    }


def contract(paths: Data, **schemas: Any) -> Contract:
    root = {"openapi": "3.1.0", "info": {"title": "Cups", "version": "1"}, "paths": paths}
    return parse_contract(
        "cups.json", json.dumps({**root, "components": {"schemas": {"Cup": CUP, **schemas}}})
    )


def only(paths: Data, **schemas: Any) -> Resource:
    found = contract(paths, **schemas)
    (resource,) = find_resources(found)
    assert find_doubts(found) == ()
    return resource


def open_keys(paths: Data) -> list[tuple[str, str]]:
    """Return operation and key of each doubt of paths that imply no resource."""
    found = contract(paths)
    assert find_resources(found) == ()
    return [(doubt.operation, doubt.key) for doubt in find_doubts(found)]


def shared(resource: Resource, operation_id: str = "create") -> dict[str, str]:
    return {one.request: one.certainty for one in resource.properties[operation_id]}


def test_a_collection_and_its_member_are_a_resource() -> None:
    resource = only(collection())
    assert dict(resource.roles) == {"create": "create", "list": "list", "read": "read"}
    assert (resource.name, resource.path) == ("/cups", "/cups/{cupId}")
    assert (resource.parameter, resource.identity_name) == ("cupId", "id")
    assert resource.listing is not None
    assert (resource.listing.items, resource.listing.certainty) == ("", "implied")


@pytest.mark.parametrize(
    ("parameter", "property_name"),
    [
        ("cupId", "cupId"),
        ("cup_id", "id"),
        ("cup", "id"),
        ("id", "uuid"),
        ("cup_number", "number"),
        ("cupSlug", "slug"),
        ("cup_sha", "sha"),
        ("name", "name"),
    ],
)
def test_the_identity_is_named_like_the_path_parameter(parameter: str, property_name: str) -> None:
    names = [property_name, *(["id"] if property_name not in ("id", "uuid") else [])]
    cup = shaped(**dict.fromkeys(reversed(names), TEXT))
    resource = only(collection(cup, cup, cup, {"type": "array", "items": cup}, (), parameter))
    assert resource.identity_name == property_name
    assert resource.listing is not None
    assert resource.listing.identity == f"/{property_name}"


@pytest.mark.parametrize(
    ("parameter", "created"),
    [
        ("cup_slug", shaped(id=TEXT)),  # the id is no slug
        ("digest", shaped(id=COUNT)),
        ("cupId", shaped(name=TEXT)),
        ("cupId", None),
        ("maker", shaped(id=COUNT, maker=shaped(id=COUNT))),  # the response is another thing
        ("cupId", shaped(cup=shaped(id=TEXT))),
    ],
)
def test_no_resource_where_the_identity_is_in_doubt(parameter: str, created: Any) -> None:
    paths = collection(created, shaped(name=TEXT), parameter=parameter)
    assert open_keys(paths) == [("create", "identity")]
    paths["/cups"]["post"]["x-hookproof-resource"] = {}  # its author has looked at it
    assert open_keys(paths) == []


def test_the_response_to_a_reference_has_another_identity() -> None:
    """A request with the id of what exists links it: the response is the thing that it links to."""
    paths = collection(shaped(id=TEXT), shaped(cupId=TEXT))
    assert open_keys(paths) == [("create", "identity")]


def test_a_post_to_a_member_creates_nothing_below_it() -> None:
    path = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    last = {**path, "name": "last"}
    paths = {
        "/any/{id}": {"parameters": [path], "post": operation("post", shaped(a=TEXT))},
        "/any/{id}/{last}": {"parameters": [path, last], "get": operation("get", shaped(a=TEXT))},
    }
    assert open_keys(paths) == []


@pytest.mark.parametrize("envelope", ["data", "cup"])
def test_an_envelope_is_the_root_of_the_resource(envelope: str) -> None:
    inside = shaped(**{envelope: REF})
    paths = collection(inside, inside, inside, shaped(**{envelope: CUPS}))
    links = {
        "read": {"operationId": "read", "parameters": {"cupId": f"$response.body#/{envelope}/id"}}
    }
    paths["/cups"]["post"]["responses"]["201"]["links"] = links
    resource = only(paths)
    assert dict(resource.roots) == {"create": f"/{envelope}", "read": f"/{envelope}"}
    assert dict(resource.request_roots) == {"create": f"/{envelope}"}
    assert resource.listing is not None
    assert resource.listing.items == f"/{envelope}"
    assert shared(resource) == dict.fromkeys(["/name", "/size", "/made"], "implied")


@pytest.mark.parametrize(
    ("listed", "items"),
    [
        (CUPS, ""),
        (shaped(items=CUPS, total=COUNT), "/items"),
        (shaped(result=shaped(cups=CUPS)), "/result/cups"),
        (shaped(cups=CUPS, makers={"type": "array", "items": shaped(name=TEXT)}), "/cups"),
    ],
)
def test_the_items_of_a_list_are_found_in_its_wrapper(listed: Any, items: str) -> None:
    resource = only(collection(listed=listed))
    assert resource.listing is not None
    assert resource.listing.items == items


def test_two_arrays_of_the_same_items_leave_the_list_open() -> None:
    found = contract(collection(listed=shaped(old=CUPS, new=CUPS)))
    (resource,) = find_resources(found)
    assert resource.listing is None
    assert [(doubt.operation, doubt.key) for doubt in find_doubts(found)] == [
        ("create", "list.items")
    ]
    assert len(resource.doubts) == 1


def test_a_nested_collection_has_the_parameters_of_its_parent() -> None:
    outer = {"name": "shopId", "in": "path", "required": True, "schema": TEXT}
    paths = {
        f"/shops/{{shopId}}{path}": {**item, "parameters": [outer, *item.get("parameters", ())]}
        for path, item in collection().items()
    }
    resource = only(paths)
    assert [name for name, _ in resource.parameters] == ["shopId", "cupId"]
    assert resource.parameters[0][1].parameter_key == "path.shopId"


@pytest.mark.parametrize(
    ("names", "answer", "expected"),
    [
        (["limit", "offset"], {}, ("limit", "offset", None, None, None)),
        (["per_page", "page"], {}, ("per_page", None, "page", None, None)),
        (["pageSize", "cursor"], {"next": TEXT}, ("pageSize", None, None, "cursor", "/next")),
        (["limit", "after"], {}, ("limit", None, None, None, None)),  # perhaps of a Link header
        (["limit", "starting_after"], {}, ("limit", None, None, "starting_after", None)),
    ],
)
def test_parameters_of_pages_have_usual_names(
    names: list[str], answer: Data, expected: tuple[str | None, ...]
) -> None:
    numbers = {"limit", "offset", "per_page", "page", "pageSize"}
    query = tuple({"name": n, "schema": COUNT if n in numbers else TEXT} for n in names)
    resource = only(collection(listed=shaped(cups=CUPS, **answer), query=query))
    assert resource.listing is not None
    paging = resource.listing.paging
    found = [paging.limit, paging.offset, paging.page, paging.cursor]
    following = paging.next_cursor.where if paging.next_cursor else None
    assert (*(one.name if one else None for one in found), following) == expected


@pytest.mark.parametrize(
    ("name", "schema", "certainty"),
    [
        ("size", CUP["properties"]["size"], "implied"),
        ("size", {"type": "string", "enum": ["small", "any"]}, "assumed"),
        ("size", {"type": "string", "enum": ["old", "new"]}, None),
        ("name", TEXT, "assumed"),
        ("made", {"type": "string", "format": "date"}, None),  # perhaps the start of a period
        ("colour", TEXT, None),
        ("name", {"type": "object"}, None),
    ],
)
def test_a_filter_shares_name_and_values_with_a_property(
    name: str, schema: Data, certainty: str | None
) -> None:
    resource = only(collection(query=({"name": name, "schema": schema},)))
    assert resource.listing is not None
    found = [(one.property, one.certainty) for one in resource.listing.filters]
    assert found == ([(f"/{name}", certainty)] if certainty else [])


@pytest.mark.parametrize(
    ("sent", "seen", "certainty"),
    [
        (TEXT, TEXT, "implied"),
        ({"type": ["string", "null"]}, TEXT, "implied"),
        ({"enum": ["a", "b"], **TEXT}, TEXT, "assumed"),
        ({"enum": ["a", "b"], **TEXT}, {"enum": ["A", "B"], **TEXT}, None),
        (TEXT, {"type": "string", "format": "uri"}, "assumed"),
        (TEXT, COUNT, None),
        (TEXT, {**TEXT, "writeOnly": True}, None),
        ({**TEXT, "writeOnly": True}, TEXT, "implied"),
        ({**TEXT, "readOnly": True}, TEXT, None),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT}, "implied"),
        ({"type": "array", "items": COUNT}, {"type": "array", "items": shaped(id=COUNT)}, None),
        ({"type": "array", "items": shaped(a=TEXT)}, {"type": "array", "items": shaped(a=TEXT)},
         "assumed"),
        ({"type": "object"}, {"type": "object"}, "assumed"),
        ({"type": "string", "format": "password"}, TEXT, None),
    ],
)  # fmt: skip
def test_properties_of_request_and_response_are_the_same(
    sent: Data, seen: Data, certainty: str | None
) -> None:
    answer = shaped(id=TEXT, it=seen)
    resource = only(collection(answer, shaped(it=sent), answer, {"type": "array", "items": answer}))
    assert shared(resource).get("/it") == certainty


@pytest.mark.parametrize("name", ["secret", "clientSecret", "access_token", "password"])
def test_a_secret_is_not_expected_in_a_response(name: str) -> None:
    cup = shaped(id=TEXT, name=TEXT, **{name: TEXT})
    assert shared(only(collection(cup, cup, cup))) == {"/name": "implied"}


def test_the_service_makes_an_id_and_takes_a_name() -> None:
    cup = shaped(id=TEXT, colour=TEXT)
    assert shared(only(collection(cup, cup, cup))) == {"/colour": "implied"}
    cup = shaped(name=TEXT, colour=TEXT)
    resource = only(collection(cup, cup, cup, {"type": "array", "items": cup}, parameter="name"))
    assert shared(resource) == {"/name": "implied", "/colour": "implied"}


def test_the_extension_corrects_what_is_derived() -> None:
    paths = collection(shaped(ref=TEXT, title=TEXT), shaped(name=TEXT, title=TEXT), REF)
    stated = {
        "identity": "$response.body#/ref",
        "properties": {"/name": "/name", "/title": None},
        "consistency": {"seconds": 2},
        "deleted": {"property": "/size", "value": "small"},
    }
    paths["/cups"]["post"]["x-hookproof-resource"] = stated
    paths["/cups/{cupId}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = (
        shaped(ref=TEXT, name=TEXT)
    )
    paths["/cups"]["post"]["x-hookproof-resource"]["operations"] = {"read": "read"}
    (resource,) = find_resources(contract(paths))
    assert (resource.identity_name, resource.consistency_s) == ("ref", 2)
    assert shared(resource) == {"/name": "stated"}
    assert resource.deleted is not None


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("shop.yaml", {"/items": "id"}),
        ("parcels.yaml", {"/v1/parcels": "parcelNumber"}),
        ("springdoc.json", {"/api/customers": "id"}),
        ("nestjs.json", {}),
        ("orders.yaml", {"/orders": "id", "/orders/{orderId}/lines": "lineId"}),
        (
            "workshop.yaml",
            {
                "/customers": "id",
                "/customers/{customerId}/orders": "id",
                "/customers/{customerId}/orders/{orderId}/refunds": "id",
                "/invoices": "id",
            },
        ),
    ],
)
def test_resources_of_whole_documents(file: str, expected: dict[str, str]) -> None:
    found = load_contract(Path(TESTS) / "data" / file)
    assert {one.name: one.identity_name for one in find_resources(found)} == expected
    open_ones = [(doubt.operation, doubt.key) for doubt in find_doubts(found)]
    assert open_ones == ([("CatsController_create", "identity")] if file == "nestjs.json" else [])


@pytest.mark.parametrize(
    ("stated", "place"),
    [
        ({"operations": {"read": "readCup"}}, "operations/read"),
        ({"identity": "$response.body#/number"}, "identity"),
        ({"properties": {"/colour": "/name"}}, "properties/~1colour"),
        ({"properties": {"/name": "/colour"}}, "properties/~1name"),
        ({"list": {"items": "/cups"}}, "list/items"),
        ({"list": {"filters": {"colour": "/name"}}}, "list/filters/colour"),
        ({"list": {"paging": {"limit": "most"}}}, "list/paging/limit"),
        ({"idempotency-key": "$request.header.Key"}, "idempotency-key"),
    ],
)
def test_a_statement_that_does_not_fit_is_left_out(stated: Data, place: str) -> None:
    paths = collection(query=({"name": "name"},))
    paths["/cups"]["post"]["x-hookproof-resource"] = {**stated, "consistency": {"seconds": 2}}
    found = contract(paths)
    (complaint,) = found.complaints
    assert (complaint.rule, complaint.level) == ("resource-statement", "error")
    assert complaint.pointer == f"/paths/~1cups/post/x-hookproof-resource/{place}"
    assert complaint.message
    (resource,) = find_resources(found)
    assert resource.consistency_s is None


@pytest.mark.parametrize(
    "stated",
    [
        {"operations": {"read": "read", "list": "list"}},
        {"identity": "$response.body#/id"},
        {"identity": "$response.header.X-Id"},
        {"properties": {"/name": "/made", "/made": None}},
        {"list": {"items": "", "filters": {"name": "/name"}, "paging": {"cursor": "name"}}},
    ],
)
def test_a_statement_that_fits_has_no_complaint(stated: Data) -> None:
    paths = collection(query=({"name": "name"},))
    paths["/cups"]["post"]["x-hookproof-resource"] = stated
    assert contract(paths).complaints == ()


def test_an_open_body_can_have_any_property() -> None:
    """Frameworks describe a response as an object without properties, or not at all."""
    for created in (None, {"type": "object"}):
        paths = collection(created, shaped(cup=shaped(name=TEXT)), parameter="ref")
        stated = {"identity": "$response.body#/ref", "properties": {"/name": "/name"}}
        paths["/cups"]["post"]["x-hookproof-resource"] = stated
        assert contract(paths).complaints == ()


def test_only_a_post_creates_a_resource() -> None:
    paths = collection()
    paths["/cups/{cupId}"]["get"]["x-hookproof-resource"] = {"patch": "merge"}
    (complaint,) = contract(paths).complaints
    assert complaint.message == "read is a GET; only a POST creates a resource"


@pytest.mark.parametrize(("name", "is_selective"), [("limit", False), ("owner", True)])
def test_a_list_that_needs_more_than_a_page_is_selective(name: str, is_selective: bool) -> None:
    needed = {"name": name, "schema": COUNT, "required": True}
    listing = only(collection(query=(needed,))).listing
    assert listing is not None
    assert listing.is_selective is is_selective
