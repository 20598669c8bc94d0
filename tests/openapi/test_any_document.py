"""Any OpenAPI document loads: dialects of 3.0 and 3.1, references, defaults, and faults."""

import json
from pathlib import Path
from typing import Any

import pytest

from openapi.complaint import ContractError
from openapi.contract import Contract
from openapi.loading.loader import load_contract, load_document, parse_contract

OK = {"200": {"description": "fine"}}


def document(version: Any = "3.0.3", **parts: Any) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "Shop", "version": 1}, "paths": {}, **parts}


def load(made: dict[str, Any]) -> Contract:
    return parse_contract("shop.json", json.dumps(made))


def accepts(schema: dict[str, Any], value: object, version: Any = "3.0.3", **others: Any) -> bool:
    """Return whether `schema` accepts `value`; the two validators must agree."""
    components = {"schemas": {"It": schema, **others}}
    contract = load(document(version, components=components))
    compiled = contract.schema("/components/schemas/It")
    valid = compiled.is_valid(value)
    assert valid == (not compiled.violations(value))
    return valid


def operation(made: dict[str, Any], path: str = "/items", method: str = "post") -> Any:
    return load(document(paths={path: {method: {"responses": OK, **made}}})).operations[0]


def test_nullable_allows_null() -> None:
    assert accepts({"type": "string", "nullable": True}, None)
    assert not accepts({"type": "string", "nullable": True}, 1)
    assert not accepts({"type": "string"}, None)
    assert accepts({"type": "string", "nullable": True, "enum": ["a"]}, None)


@pytest.mark.parametrize("key", ["allOf", "anyOf", "oneOf"])
def test_nullable_beside_a_combination_allows_null(key: str) -> None:
    schema = {key: [{"$ref": "#/components/schemas/Other"}], "nullable": True}
    assert accepts(schema, None, Other={"type": "integer"})
    assert accepts(schema, 1, Other={"type": "integer"})
    assert not accepts(schema, "a", Other={"type": "integer"})


def test_a_complaint_beside_nullable_has_the_place_that_the_author_wrote() -> None:
    inner = {"nullable": True, "allOf": [{"type": "object", "minLength": "a"}]}
    schema = {"nullable": True, "oneOf": [{"type": "string"}, {"title": "it", "items": inner}]}
    contract = load(document(components={"schemas": {"It": schema}}))
    assert [one.pointer for one in contract.complaints] == [
        "/components/schemas/It/oneOf/1/items/allOf/0/minLength"
    ]


def test_exclusive_bounds_of_3_0_are_booleans() -> None:
    schema = {"type": "number", "minimum": 1, "exclusiveMinimum": True, "maximum": 2}
    assert not accepts(schema, 1)
    assert accepts(schema, 2)
    assert accepts({"type": "number", "minimum": 1, "exclusiveMinimum": False}, 1)


def test_the_siblings_of_a_reference_count_from_3_1_on() -> None:
    schema = {"$ref": "#/components/schemas/Other", "maxLength": 1}
    assert accepts(schema, "long", "3.0.3", Other={"type": "string"})
    assert not accepts(schema, "long", "3.1.0", Other={"type": "string"})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2026-01-02T03:04:05Z", "2026-01-02"),
        ("date", "2026-01-02", "2026-02-30"),
        ("time", "03:04:05Z", "three"),
        ("duration", "P1DT2H", "1 day"),
        ("email", "a@example.com", "a"),
        ("hostname", "example.com", "-"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("uri", "https://example.com/a", "a b"),
        ("uri-reference", "../a", "\\\\a"),
        ("uuid", "12345678-1234-4234-8234-1234567890ab", "1234"),
        ("regex", "^a$", "("),
        ("json-pointer", "/a/b", "a"),
        ("byte", "aGk=", "aGk"),
    ],
)
def test_the_usual_formats_are_checked(name: str, good: str, bad: str) -> None:
    schema = {"type": "string", "format": name}
    assert accepts(schema, good)
    assert not accepts(schema, bad)


def test_other_formats_are_annotations() -> None:
    assert accepts({"type": "string", "format": "phone-number"}, "anything")
    assert accepts({"type": "string", "format": "iri"}, "anything at all")


def test_integer_formats_limit_the_value() -> None:
    assert not accepts({"type": "integer", "format": "int32"}, 2**31)
    assert accepts({"type": "integer", "format": "int32"}, -(2**31))
    assert not accepts({"type": "integer", "format": "int64"}, 2**63)
    assert accepts({"type": "integer", "format": "int32", "maximum": 2**40}, 2**39)


def test_a_pattern_is_that_of_ecma_262() -> None:
    assert not accepts({"type": "string", "pattern": r"^\d$"}, "\u0661")
    assert accepts({"type": "string", "pattern": r"^\p{L}+$"}, "\u00e9t\u00e9")
    assert not accepts({"type": "string", "pattern": "^a$"}, "a\n")


def test_a_pattern_that_no_engine_reads_is_an_annotation_with_a_warning() -> None:
    schema = {"type": "string", "pattern": "(unclosed", "maxLength": 3}
    contract = load(document(components={"schemas": {"It": schema}}))
    assert [(c.level, c.rule, c.pointer) for c in contract.complaints] == [
        ("warning", "pattern", "/components/schemas/It/pattern")
    ]
    assert contract.schema("/components/schemas/It").is_valid("any")
    assert not contract.schema("/components/schemas/It").is_valid("longer")


def test_the_discriminator_selects_the_branch() -> None:
    def pet(kind: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"kind": {"type": "string"}, kind: {}}}

    schema = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"hund": "#/components/schemas/Dog", "chien": "Dog"},
        },
    }
    others = {"Cat": pet("lives"), "Dog": {**pet("trick"), "required": ["trick"]}}
    assert accepts(schema, {"kind": "Cat"}, **others)
    assert accepts(schema, {"kind": "hund", "trick": "roll"}, **others)
    assert accepts(schema, {"kind": "chien", "trick": "roll"}, **others)
    assert not accepts(schema, {"kind": "hund"}, **others)
    assert not accepts(schema, {"kind": "Fish"}, **others)


@pytest.mark.parametrize("place", ["own", "allOf", "beside"])
def test_read_only_and_write_only_properties(place: str) -> None:
    properties = {
        "id": {"type": "integer", "readOnly": True},
        "secret": {"type": "string", "writeOnly": True},
        "name": {"type": "string"},
    }
    required = ["id", "secret", "name"]
    whole: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    if place == "allOf":
        whole = {"allOf": [{"type": "object", "properties": properties}, {"required": required}]}
    if place == "beside":
        whole = {"allOf": [{"type": "object", "properties": properties}], "required": required}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/It"}}}
    contract = load(
        document(
            components={"schemas": {"It": whole}},
            paths={
                "/items": {
                    "post": {
                        "requestBody": {"content": content},
                        "responses": {"201": {"description": "made", "content": content}},
                    }
                }
            },
        )
    )
    (made,) = contract.operations
    request = contract.schema(made.content["application/json"].schema or "")
    response = contract.schema(made.responses["201"].content["application/json"])
    for schema, value, wrong in (
        (request, {"secret": "s", "name": "n"}, {"id": 1, "name": "n"}),
        (response, {"id": 1, "name": "n"}, {"secret": "s", "name": "n"}),
    ):
        assert schema.is_valid(value)
        assert schema.violations(value) == ()
        assert not schema.is_valid(wrong)
        assert [v.detail for v in schema.violations(wrong)] in (["secret"], ["id"])


def test_operation_ids_come_from_method_and_path_where_they_are_missing() -> None:
    paths = {
        "/items/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}],
            "get": {"responses": OK},
            "put": {"responses": OK, "operationId": "same"},
            "delete": {"responses": OK, "operationId": "same"},
        },
        "/items-{id}": {"get": {"responses": OK, "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {}}]}},
    }  # fmt: skip
    contract = load(document(paths=paths))
    assert [made.id for made in contract.operations] == [
        *("get-items-id", "same", "delete-items-id", "get-items-id-2"),
    ]
    assert [c.rule for c in contract.complaints] == ["operation-id"]


def test_causes_follow_from_the_statuses() -> None:
    statuses = ("200", "204", "400", "401", "403", "404", "409", "422", "429", "500", "503")
    made = operation({"responses": {status: {"description": "it"} for status in statuses}})
    assert {s: r.cause.get("kind") for s, r in made.responses.items()} == {
        "200": "valid-request",
        "204": "valid-request",
        "400": "invalid-request",
        "401": "invalid-credential",
        "403": "insufficient-permission",
        "404": "unknown-resource",
        "409": None,
        "422": "invalid-request",
        "429": "rate-limit-exceeded",
        "500": "server-error",
        "503": "server-error",
    }


@pytest.mark.parametrize(
    ("statuses", "invalid"),
    [
        (["200", "4XX"], ["4XX"]),
        (["200", "default"], ["default"]),
        (["200", "4xx", "default"], ["4XX"]),
        (["200", "422", "4XX", "default"], ["422"]),
        (["2XX", "404"], []),
        (["302", "default"], ["default"]),
        (["404", "default"], []),
        (["default"], []),
    ],
)
def test_ranges_and_default_have_the_cause_that_no_nearer_response_has(
    statuses: list[str], invalid: list[str]
) -> None:
    made = operation({"responses": {status: {"description": "it"} for status in statuses}})
    found = [s for s, r in made.responses.items() if r.cause.get("kind") == "invalid-request"]
    assert found == invalid


def test_default_is_the_success_where_no_other_response_is_one() -> None:
    made = operation(
        {"responses": {"404": {"description": "no"}, "default": {"description": "it"}}}
    )
    assert made.status_caused_by("valid-request") == 201
    assert made.response_for(200) is made.responses["default"]
    assert made.allows_cause("valid-request", 200)
    assert not made.allows_cause("valid-request", 400)


def test_a_redirection_is_the_success_where_no_other_response_is_one() -> None:
    for others, kind in (({}, "valid-request"), ({"204": {"description": "done"}}, None)):
        made = operation({"responses": {"302": {"description": "there"}, **others}})
        assert made.responses["302"].cause.get("kind") == kind


def test_stated_causes_are_the_only_ones() -> None:
    cause = {"kind": "invalid-request", "source": "document"}
    responses = {"418": {"description": "it", "x-hookproof-cause": cause}, **OK}
    made = operation({"responses": responses})
    assert [r.cause.get("kind") for r in made.responses.values()] == ["invalid-request", None]


def test_the_path_of_the_first_server_precedes_every_path() -> None:
    for url, path in (
        ("https://api.example.com/v2/", "/v2"),
        ("https://api.example.com", ""),
        ("/api/{version}", "/api/v1"),
        ("{scheme}://example.com/x", "/x"),
        ("api", "/api"),
    ):
        variables = {"version": {"default": "v1"}, "scheme": {"default": "https"}}
        servers = [{"url": url, "variables": variables}, {"url": "/other"}]
        assert load(document(servers=servers)).base_path == path
    assert load(document()).base_path == ""


def write(folder: Path, name: str, content: dict[str, Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def referring(target: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": target}}}
    responses = {"200": {"description": "it", "content": content}}
    return document(paths={"/items": {"get": {"responses": responses}, "post": {"responses": OK}}})


def test_references_to_files_below_the_folder_are_followed(tmp_path: Path) -> None:
    write(tmp_path, "schemas/item.json", {
        "type": "object", "properties": {"part": {"$ref": "part.json#/defs/Part"}},
    })  # fmt: skip
    write(tmp_path, "schemas/part.json", {
        "defs": {"Part": {"type": "string", "nullable": True, "maxLength": 3}},
    })  # fmt: skip
    contract = load_contract(write(tmp_path, "api.json", referring("./schemas/item.json")))
    assert contract.complaints == ()
    schema = contract.schema(contract.operations[0].responses["200"].content["application/json"])
    assert schema.is_valid({"part": None})
    assert not schema.is_valid({"part": "long"})


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("../outside.json", "is not below the folder"),
        ("missing.json", "there is no file"),
        ("https://example.com/a.json", "over the network are not followed"),
        ("//example.com/a.json", "over the network are not followed"),
        ("file:///etc/hosts", "over the network are not followed"),
        ("#/components/schemas/None", "there is nothing at"),
        ("#nowhere", "there is no $anchor"),
        ("loop.json", "form a cycle"),
    ],
)
def test_a_reference_that_leads_nowhere_disables_the_constraint_only(
    target: str, sentence: str, tmp_path: Path
) -> None:
    write(tmp_path, "outside.json", {"type": "string"})
    write(tmp_path, "api/loop.json", {"$ref": "loop.json"})
    loaded = load_document(write(tmp_path, "api/api.json", referring(target)))
    found = [c for c in loaded.contract.complaints if sentence in c.message]
    assert found
    assert found[0].disables == "constraint"
    assert len(loaded.contract.operations) == 2
    content = loaded.contract.operations[0].responses["200"].content
    assert loaded.contract.schema(content["application/json"]).is_valid({"any": 1})


def test_a_link_to_a_file_outside_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside.json", {"type": "string"})
    path = write(tmp_path, "api/api.json", referring("inside.json"))
    (tmp_path / "api" / "inside.json").symlink_to(tmp_path / "outside.json")
    (complaint,) = load_contract(path).complaints
    assert "is not below the folder" in complaint.message


def test_dependencies_of_earlier_drafts_are_constraints() -> None:
    schema = {"dependencies": {"a": ["b"], "c": {"required": ["d"]}, "e": False}}
    assert accepts(schema, {"a": 1, "b": 1})
    assert accepts(schema, {"c": 1, "d": 1})
    for value in ({"a": 1}, {"c": 1}, {"e": 1}):
        assert not accepts(schema, value)


def test_a_dynamic_reference_leads_to_its_anchor() -> None:
    tree = {
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    }
    assert accepts(tree, {"children": [{"children": []}]}, "3.1.0")
    assert not accepts(tree, {"children": [{"children": [1]}]}, "3.1.0")


def test_references_to_everything_but_schemas_are_followed() -> None:
    components = {
        "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}},
        "requestBodies": {"Item": {"content": {"application/json": {"schema": {}}}}},
        "responses": {"Made": {"description": "made", "headers": {
            "X-Id": {"$ref": "#/components/headers/Id"}}}},
        "headers": {"Id": {"schema": {"type": "integer"}, "required": True}},
        "pathItems": {"Items": {"post": {
            "parameters": [{"$ref": "#/components/parameters/Page"}],
            "requestBody": {"$ref": "#/components/requestBodies/Item"},
            "responses": {"201": {"$ref": "#/components/responses/Made"}},
        }}},
    }  # fmt: skip
    paths = {"/items": {"$ref": "#/components/pathItems/Items"}}
    contract = load(document("3.1.0", components=components, paths=paths))
    assert contract.complaints == ()
    (made,) = contract.operations
    assert [parameter.key for parameter in made.parameters] == ["query.page"]
    assert [*made.content] == ["application/json"]
    assert [header.name for header in made.responses["201"].headers] == ["X-Id"]


def test_a_fault_leaves_out_the_operation_where_it_lies_and_no_other() -> None:
    paths = {
        "/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/None"}}}},
        "/b": {"get": {"responses": OK}},
        "c": {"get": {"responses": OK}},
        "/d/{id}": {"get": {"responses": OK}},
    }
    contract = load(document(paths=paths))
    assert [made.path for made in contract.operations] == ["/b"]
    rules = [(c.rule, c.disables) for c in contract.complaints]
    assert ("path-parameter", "operation") in rules
    assert ("reference", "operation") in rules


def test_extensions_of_other_vendors_are_passed_over() -> None:
    made = document(
        **{"x-logo": {"$ref": "nowhere"}, "paths": {"/a": {"get": {"responses": OK, "x-code": 1}}}}
    )
    contract = load(made)
    assert contract.complaints == ()
    assert len(contract.operations) == 1


def test_json_is_read_as_json() -> None:
    contract = load(document(description="\ud83d\ude00\t"))
    assert contract.document["description"] == "\U0001f600\t"
    many = document(**{"x-many": [[n] * 3 for n in range(400_000)]})
    assert load(many).operations == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"openapi": "3.0.3",}', r"api\.json:1:2[01]: not JSON"),  # Python 3.13 names the comma
        ('{"openapi": "3.0.3",\n "info": {"a": 1, "a": 2}}', r"api\.json:2:24 .*duplicate key"),
        ('{"openapi": "3.0.3", "x": NaN}', "NaN is not a JSON number"),
        ('{"openapi": "2.0"}', r"api\.json:1:13 \(/openapi\): openapi is '2.0'"),
        ('{"paths": {}}', "there is no `openapi`"),
        ('{"openapi": "3.1.0", "paths": []}', "paths is not an object"),
        ("[]", "an OpenAPI document is an object"),
        ('{"openapi": ' + "[" * 300 + "]" * 300 + "}", "nested deeper than 200"),
        ('{"openapi": ' + "[" * 100_000, "nested deeper than 200"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_document_gets_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ContractError, match=sentence) as refusal:
        parse_contract("api.json", text)
    assert "\n" not in str(refusal.value)


def test_yaml_merge_keys_and_numbers_are_those_of_yaml_1_2() -> None:
    text = """
openapi: 3.0.3
info: {title: T, version: 1.0}
x-base: &base {type: integer, maximum: 1e2}
paths: {}
components:
  schemas:
    It:
      <<: *base
      minimum: 007
      description: 12:30:45
"""
    contract = parse_contract("api.yaml", text)
    stated = contract.document["components"]["schemas"]["It"]
    assert stated == {"type": "integer", "maximum": 100.0, "minimum": 7, "description": "12:30:45"}
    assert contract.document["info"]["version"] == "1.0"


def test_a_member_is_linked_to_what_creates_it() -> None:
    def stated(*names: str) -> list[dict[str, Any]]:
        return [{"name": n, "in": "path", "required": True, "schema": {}} for n in names]

    def creating(identity: str) -> dict[str, Any]:
        schema = {"allOf": [{"type": "object", "properties": {identity: {}}}]}
        content = {"application/json": {"schema": schema}}
        return {"201": {"description": "made", "content": content}}

    paths = {
        "/users/": {"post": {"responses": creating("id")}},
        "/users/{uid}/items": {
            "post": {"responses": creating("item-id"), "parameters": stated("uid")}
        },
        "/users/{user}/items/{itemId}": {
            "get": {"responses": OK, "parameters": stated("user", "itemId")}
        },
        "/users/{user}/items/{itemId}/parts": {
            "get": {"responses": OK, "parameters": stated("user", "itemId")}
        },
        "/plans": {"post": {"responses": OK}},
        "/plans/{plan}": {"get": {"responses": OK, "parameters": stated("plan")}},
    }  # fmt: skip
    contract = load(document(paths=paths))
    creator, link = contract.find_creator(contract.operations[2]) or (None, None)
    assert creator is contract.operations[1]
    assert link is not None
    assert [(name, value.part, value.where) for name, value in link.values] == [
        ("user", "path", "uid"),
        ("itemId", "body", "/item-id"),
    ]
    made = [contract.find_creator(operation) for operation in contract.operations]
    paths_of_creators = [found[0].path if found else None for found in made]
    items = "/users/{uid}/items"
    assert paths_of_creators == [None, "/users/", items, items, None, None]


@pytest.mark.parametrize(
    ("stated", "good", "bad"),
    [
        ({"schema": {"type": "integer", "minimum": 0}}, "7", "-7"),
        ({"schema": {"type": "number"}}, "-0.5", "half"),
        ({"schema": {"type": "boolean"}}, "true", "yes"),
        ({"schema": {"type": "string", "maxLength": 3}}, "123", "1234"),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, "1,2", "1,b"),
        ({"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}, "a,1", "a,b"),
        (
            {
                "schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
                "explode": True,
            },
            "a=3",
            "a=b",
        ),
        ({"content": {"application/json": {"schema": {"type": "array"}}}}, "[1]", "1"),
    ],
)
def test_the_text_of_a_header_is_read_by_its_schema(
    stated: dict[str, Any], good: str, bad: str
) -> None:
    response = {"description": "it", "headers": {"X-It": stated, "Content-Type": {}}}
    contract = load(document(paths={"/it": {"get": {"responses": {"200": response}}}}))
    (header,) = contract.operations[0].responses["200"].headers
    schema = contract.schema(header.schema)
    assert any(map(schema.is_valid, header.readings(good).values))
    assert not any(map(schema.is_valid, header.readings(bad).values))
