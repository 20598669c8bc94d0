"""Draft of an overlay: guesses from names and schemas, their text, and what is left to the user."""

import json
from typing import Any

import pytest
import yaml
from support.processes import TESTS

from openapi.contract import Contract
from openapi.drafting.draft import Draft, draft_overlay
from openapi.drafting.operations import guess_operation
from openapi.drafting.overlay_text import json_path, overlay_text
from openapi.drafting.signatures import KNOWN
from openapi.drafting.words import singular, split_words, stem
from openapi.linting.linter import lint_text
from openapi.loading.loader import parse_contract
from openapi.overlays.json_path import JsonPath

Data = dict[str, Any]
PET: Data = {
    "type": "object",
    "required": ["id", "name", "made"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "tag": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "made": {"type": "string", "format": "date-time"},
    },
}
PET_IN = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "tag": PET["properties"]["tag"]},
}
REF = {"$ref": "#/components/schemas/Pet"}


def body(schema: Any) -> Data:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def response(schema: Any) -> Data:
    return {"description": "it", "content": {"application/json": {"schema": schema}}}


def operation(given: Any = None, answer: Any = None, status: str = "200") -> Data:
    made = response(answer) if answer is not None else {"description": "it"}
    sent = {} if given is None else {"requestBody": body(given)}
    return {**sent, "responses": {status: made}}


PETS = {"type": "array", "items": REF}
ID = {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}
PATHS: Data = {
    "/pets": {"post": operation(PET_IN, REF, "201"), "get": operation(answer=PETS)},
    "/pets/{petId}": {
        "parameters": [ID],
        "get": operation(answer=REF),
        "put": operation(PET_IN, REF),
        "delete": {"responses": {"204": {"description": "gone"}}},
    },
    "/pets/{petId}/adopt": {"parameters": [ID], "post": operation(answer=REF)},
    "/pets/{petId}/toys": {"parameters": [ID], "post": operation(PET_IN, REF, "201")},
    "/v1/addresses": {"post": operation(PET_IN, REF, "201")},
    "/v1/companies": {"post": operation(PET_IN, REF, "201")},
    "/admin/companies": {"post": operation(PET_IN, REF, "201")},
    "/eu/shops": {"post": operation(PET_IN, REF, "201")},
    "/us/shops": {"post": operation(PET_IN, REF, "201")},
}


def document(webhooks: Data, paths: Data = PATHS, **more: Any) -> str:
    """Return a document with these webhooks: each is a payload schema or an operation object."""
    items = {
        name: {"post": stated if "requestBody" in stated else {"requestBody": body(stated)}}
        for name, stated in webhooks.items()
    }
    root = {"openapi": "3.1.0", "info": {"title": "Zoo", "version": "1"}, "paths": paths}
    components = {"schemas": {"Pet": PET}, **more}
    return json.dumps({**root, "webhooks": items, "components": components})


def contract(webhooks: Data, **more: Any) -> Contract:
    return parse_contract("zoo.json", document(webhooks, **more))


def drafted(webhooks: Data, **more: Any) -> Draft:
    return draft_overlay(contract(webhooks, **more))


def triggers(draft: Draft) -> Data:
    """Return the triggers by the name of their webhook."""
    return {
        action.target.split("/")[2]: action.update["x-hookproof-trigger"]
        for action in draft.actions
        if "x-hookproof-trigger" in action.update
    }


def check_text(text: str, **options: Any) -> Data:
    """Lint a document with its own draft; return the overlay's data."""
    draft = draft_overlay(parse_contract("zoo.json", text))
    written = overlay_text("Zoo", "zoo.json", draft)
    before = {one.complaint for one in lint_text("zoo.json", text)}
    found = [one.complaint for one in lint_text("zoo.json", text, written)]
    new = [one for one in found if one.level == "error" and one not in before]
    assert new == [], written
    assert not any(one.rule.startswith("overlay") for one in found), written
    assert max(map(len, written.splitlines())) <= 140
    data: Data = yaml.safe_load(written)
    return data


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("petCreated", ["pet", "created"]),
        ("pet.created", ["pet", "created"]),
        ("newPet", ["new", "pet"]),
        ("PET_CREATED", ["pet", "created"]),
        ("onAPIKeyRevoked2", ["on", "api", "key", "revoked", "2"]),
        ("", []),
    ],
)
def test_names_have_words(name: str, words: list[str]) -> None:
    assert split_words(name) == words


def test_words_have_a_singular_and_a_stem() -> None:
    plurals = ["pets", "companies", "boxes", "addresses", "status", "news", "address", "branches"]
    assert [*map(singular, plurals)] == [
        *("pet", "company", "box", "address", "status", "new", "address", "branch")
    ]
    for words in (["ship", "ships", "shipped", "shipping"], ["adopt", "adopted"]):
        assert len({stem(word) for word in words}) == 1
    assert stem("close") == stem("closed")


@pytest.mark.parametrize(
    ("event", "operation_id"),
    [
        ("petCreated", "post-pets"),
        ("pet.created", "post-pets"),
        ("pets_created", "post-pets"),
        ("newPet", "post-pets"),
        ("onNewPetEvent", "post-pets"),
        ("pet.updated", "put-pets-petId"),
        ("pet-changed", "put-pets-petId"),
        ("petDeleted", "delete-pets-petId"),
        ("pet.removed", "delete-pets-petId"),
        ("pet.adopted", "post-pets-petId-adopt"),
        ("toy.created", "post-pets-petId-toys"),
        ("pet.toy.created", "post-pets-petId-toys"),
        ("address.created", "post-v1-addresses"),
        ("company.created", "post-v1-companies"),
        ("admin.company.created", "post-admin-companies"),
    ],
)
def test_an_event_is_fired_by_the_operation_with_its_words(event: str, operation_id: str) -> None:
    found = guess_operation(contract({event: REF}), event).operation
    assert found is not None
    assert found.id == operation_id


@pytest.mark.parametrize(
    "event",
    [
        *("petCloned", "dog.created", "created", "pet", "new-subscription", "pet.sold", "ping"),
        *("owner.pet.created", "petFood.created", "toy.deleted", "adoption.created", ""),
    ],
)
def test_an_event_without_a_plausible_operation_gets_no_trigger(event: str) -> None:
    draft = drafted({event: REF})
    assert triggers(draft) == {}
    assert f"{event}: no operation has a similar name" in draft.todos[0]


def test_several_operations_with_the_same_words_are_named_and_none_is_chosen() -> None:
    draft = drafted({"shop.created": REF})
    assert triggers(draft) == {}
    reason = "several operations have a similar name (post-eu-shops, post-us-shops)"
    assert draft.todos[0].startswith(f"shop.created: {reason}")


def test_values_of_the_payload_are_found_in_the_request_and_the_response() -> None:
    event = {"const": "petCreated"}
    payload = {"type": "object", "properties": {"event": event, "data": REF}}
    (trigger,) = triggers(drafted({"petCreated": payload})).values()
    assert trigger == {
        "operation": "post-pets",
        "echoes": [
            {"from": "$response.body#/id", "to": "/data/id"},
            {"from": "$request.body#/name", "to": "/data/name"},
            {"from": "$response.body#/tag", "to": "/data/tag"},
            {"from": "$response.body#/made", "to": "/data/made"},
        ],
    }


def test_an_id_with_the_name_of_the_resource_is_that_of_the_response_or_the_path() -> None:
    text = {"type": "string"}
    flat = {"type": "object", "properties": {"pet_id": text, "name": text}}
    found = triggers(drafted({"petCreated": flat, "petDeleted": flat}))
    assert found["petCreated"]["echoes"] == [
        {"from": "$response.body#/id", "to": "/pet_id"},
        {"from": "$request.body#/name", "to": "/name"},
    ]
    assert found["petDeleted"]["echoes"] == [
        {"from": "$request.path.petId", "to": "/pet_id", "correlator": "identity"}
    ]


def test_values_of_other_types_or_formats_are_not_echoes() -> None:
    other = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "array", "items": {"type": "string"}},
            "made": {"type": "string", "format": "date"},
            "tag": {"enum": ["a", "b"]},
        },
    }
    draft = drafted({"petCreated": other})
    assert triggers(draft) == {"petCreated": {"operation": "post-pets"}}
    assert "add an echo that identifies the request" in draft.actions[0].todos[0]


@pytest.mark.parametrize("header", KNOWN)
def test_a_published_signature_header_gets_its_scheme(header: str) -> None:
    stated = {"requestBody": body(REF), "parameters": [header_parameter(header.upper())]}
    draft = drafted({"petCreated": stated})
    (root,) = (action for action in draft.actions if not action.target)
    ((name, scheme),) = root.update["components"]["securitySchemes"].items()
    assert (scheme["name"], scheme["in"]) == (header.upper(), "header")
    assert draft.actions[0].update["security"] == [{name: []}]
    assert not any("signed" in todo for todo in draft.todos)
    check_text(document({"petCreated": stated}))


def test_signature_and_its_input_are_those_of_rfc_9421() -> None:
    headers = [header_parameter(name) for name in ("Signature-Input", "Signature")]
    draft = drafted({"petCreated": {"requestBody": body(REF), "parameters": headers}})
    (root,) = (action for action in draft.actions if not action.target)
    ((_, scheme),) = root.update["components"]["securitySchemes"].items()
    assert scheme["name"] == "Signature"
    assert scheme["x-hookproof-signature"] == {"scheme": "http-message-signatures"}


def header_parameter(name: str) -> Data:
    return {"name": name, "in": "header", "schema": {"type": "string"}}


def test_a_signature_scheme_that_the_document_has_is_completed() -> None:
    schemes = {"Hub": {"type": "apiKey", "in": "header", "name": "X-Hub-Signature-256"}}
    stated = {"requestBody": body(REF), "security": [{"Hub": []}]}
    text = document({"petCreated": stated}, securitySchemes=schemes)
    actions = check_text(text)["actions"]
    assert actions[1]["target"] == "$.components.securitySchemes.Hub"
    assert actions[1]["update"]["x-hookproof-signature"] == {"scheme": "github"}


@pytest.mark.parametrize(
    ("header", "todo"),
    [
        ("X-Zoo-Signature", "state how X-Zoo-Signature is computed"),
        ("Signature", "state how Signature is computed"),
        ("X-Request-Id", "if deliveries are signed, add a security scheme"),
    ],
)
def test_another_header_is_left_to_the_user(header: str, todo: str) -> None:
    stated = {"requestBody": body(REF), "parameters": [header_parameter(header)]}
    draft = drafted({"petCreated": stated})
    assert [action.target for action in draft.actions] == ["/webhooks/petCreated/post"]
    assert any(todo in sentence for sentence in draft.todos)


def test_a_secret_of_one_response_is_marked_and_a_repeated_one_is_a_todo() -> None:
    text = {"type": "string"}
    secrets = dict.fromkeys(("accessToken", "api_key", "pin", "nextPageToken", "monkey"), text)
    created = {"type": "object", "properties": {**secrets, "pin": {**text, "format": "password"}}}
    shared = {"type": "object", "properties": {"secret": text}}
    paths = {
        "/keys": {"post": operation(PET_IN, created, "201")},
        "/a": {"post": operation(PET_IN, {"$ref": "#/components/schemas/Shared"})},
        "/b": {"post": operation(PET_IN, {"$ref": "#/components/schemas/Shared"})},
        "/c": {"get": operation(answer={"type": "object", "properties": {"token": text}})},
    }
    webhooks = {"key.created": REF}
    draft = drafted(webhooks, paths=paths, schemas={"Pet": PET, "Shared": shared})
    marked = [a.target for a in draft.actions if a.update == {"x-hookproof-secret": True}]
    assert [target.rpartition("/")[2] for target in marked] == ["accessToken", "api_key", "pin"]
    assert any(todo.startswith("secret: several responses or payloads") for todo in draft.todos)
    check_text(document(webhooks, paths, schemas={"Pet": PET, "Shared": shared}))


def test_a_secret_that_a_payload_has_too_is_a_todo() -> None:
    text = {"type": "string"}
    with_key = {"type": "object", "properties": {"id": text, "api_key": text}}
    paths = {"/keys": {"post": operation(PET_IN, {"$ref": "#/components/schemas/Key"}, "201")}}
    webhooks = {"key.created": {"$ref": "#/components/schemas/Key"}}
    draft = drafted(webhooks, paths=paths, schemas={"Key": with_key})
    assert not any("x-hookproof-secret" in action.update for action in draft.actions)
    assert any(todo.startswith("api_key: several responses or payloads") for todo in draft.todos)


def test_a_field_names_the_event_where_a_list_has_its_name() -> None:
    names = ["petCreated", "petDeleted"]

    def payload(event: Data) -> Data:
        return {"type": "object", "properties": {"event": event, "pet": REF}}

    listed = drafted(dict.fromkeys(names, payload({"type": "string", "enum": names})))
    assert [a.update.get("x-hookproof-event") for a in listed.actions] == [{"name": "/event"}] * 2
    open_text = drafted(dict.fromkeys(names, payload({"type": "string"})))
    assert not any("x-hookproof-event" in action.update for action in open_text.actions)
    assert any("state the value of /event" in todo for todo in open_text.todos)
    constants = {name: payload({"const": name}) for name in names}
    assert not any("event" in todo.partition(":")[2] for todo in drafted(constants).todos)
    one = drafted({"petCreated": payload({"type": "string"})})
    assert not any("/event" in todo for todo in one.todos)


HOSTILE = [
    *("pet.created", "pet/created", "pet created", "pet'created", 'pet"created', "pet~created"),
    *("pet\\created", "pet\ncreated", "pet\u2028created", "#pet: created", "pet[0]created"),
    *(
        "pétCreated",
        "\U0001f436PetCreated",
        "pet{created}",
        "- pet created",
        "true",
        "7",
        "x" * 300,
    ),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_of_a_webhook_becomes_an_overlay_that_loads(name: str) -> None:
    text = document({name: REF, "no such thing": REF})
    data = check_text(text)
    assert data["overlay"] == "1.1.0"
    for action in data["actions"]:
        assert JsonPath(action["target"]).select(json.loads(text))


@pytest.mark.parametrize(
    "title", ["a\u2028b", "a\u0085b", "\ufeff", "a: b #c", "'\"\\", "🐶", "no"]
)
def test_any_title_is_written_as_it_is(title: str) -> None:
    draft = draft_overlay(contract({"petCreated": REF}))
    written = yaml.safe_load(overlay_text(title, title, draft))
    assert written["info"]["title"] == f"Guesses about {title}: check them"
    assert written["extends"] == title


@pytest.mark.parametrize(
    "pointer",
    [
        *("", "/a/b", "/paths/~1pets~1{id}/get", "/x'y/\\z/~0", "/allOf/0/properties/0"),
        '/\u2028/é/🐶/"',
    ],
)
def test_a_json_path_selects_what_its_pointer_does(pointer: str) -> None:
    tokens = [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]
    value: Any = "it"
    for number, token in reversed([*enumerate(tokens)]):
        value = [value] if number and tokens[number - 1] == "allOf" else {token: value}
    (found,) = JsonPath(json_path(pointer)).select(value)
    assert found.value == "it"


def test_a_webhook_behind_a_reference_is_changed_there_or_left_to_the_user() -> None:
    data = json.loads(document({}))
    data["webhooks"] = {
        "petCreated": {"$ref": "#/components/pathItems/Sent"},
        "pet.updated": {"get": {}},
        "pet.deleted": {"put": {"requestBody": body(REF)}},
    }
    data["components"]["pathItems"] = {"Sent": {"post": {"requestBody": body(REF)}}}
    text = json.dumps(data)
    (action,) = check_text(text)["actions"]
    assert action["target"] == "$.webhooks['pet.deleted'].put"
    todos = draft_overlay(parse_contract("zoo.json", text)).todos
    assert todos[0].startswith("petCreated: it is a reference")
    assert todos[1].startswith("pet.updated: it has no request body")


def test_what_the_document_states_is_not_guessed() -> None:
    stated = {
        "requestBody": body(REF),
        "x-hookproof-trigger": {"operation": "put-pets-petId"},
    }
    draft = drafted({"petCreated": stated})
    assert (draft.actions, draft.todos) == ((), ())


@pytest.mark.parametrize("name", ["parcels", "shop", "library", "turnstiles", "every_kind"])
def test_the_draft_of_any_document_loads(name: str) -> None:
    text = (TESTS / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    check_text(text)
    bare = yaml.safe_load(text)
    for item in bare.get("webhooks", {}).values():
        item["post"].pop("x-hookproof-trigger", None)
    check_text(json.dumps(bare))


def test_a_resource_in_doubt_is_a_todo() -> None:
    paths: Data = {
        "/cups": {"post": {**operation(PET_IN), "operationId": "makeCup"}},
        "/cups/{petId}": {"parameters": [ID], "get": {**operation(), "operationId": "readCup"}},
    }
    (todo,) = drafted({}, paths=paths).todos
    assert todo.startswith(
        "makeCup seems to create what readCup reads, but its response has no property that fits "
        "{petId}: describe the property, or state `identity` in x-hookproof-resource of makeCup"
    )
    assert todo.replace("\n", " ") in " ".join(
        overlay_text("Zoo", "zoo.json", drafted({}, paths=paths)).replace("#   ", "").split()
    )
    paths["/cups"]["post"] = {**operation(PET_IN, REF), "operationId": "makeCup"}
    assert drafted({}, paths=paths).todos == ()
