"""Overlays: the rules of the Overlay Specification 1.0.0 and 1.1.0, places, limits, messages."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi.complaint import Complaint, ContractError
from openapi.linting.linter import lint_file, lint_text
from openapi.loading.loader import load_contract, load_document, with_overlays
from openapi.overlays.json_path import JsonPath, JsonPathFault
from openapi.parsing.document_file import read_document
from openapi.parsing.document_source import DocumentSource

DOCUMENT = """\
openapi: 3.1.0
info: {title: Zoo, version: "1"}
tags: [{name: big}, {name: small}]
paths:
  /lions:
    get:
      summary: all lions
      tags: [big, old]
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: dummy, in: query, schema: {type: string}}
      responses: {"200": {description: The lions.}}
  /mice:
    delete:
      responses: {"204": {description: Gone.}}
"""
DATA: dict[str, Any] = yaml.safe_load(DOCUMENT)


def overlay(*actions: dict[str, Any], version: str = "1.1.0", **more: Any) -> str:
    """Return the text of an overlay with these actions."""
    root = {"overlay": version, "info": {"title": "test", "version": "1"}, **more}
    return yaml.safe_dump({**root, "actions": [*actions]}, sort_keys=False)


def applied(*overlays: str, document: str = DOCUMENT) -> DocumentSource:
    """Return the document with the overlays applied."""
    read = [read_document(f"{number}.yaml", text) for number, text in enumerate(overlays, 1)]
    return with_overlays(read_document("zoo.yaml", document), read)


def result(*actions: dict[str, Any], version: str = "1.1.0") -> Any:
    """Return the document after actions without any complaint."""
    made = applied(overlay(*actions, version=version))
    assert complaints(made) == ()
    return made.data


def complaints(source: DocumentSource) -> Sequence[Complaint]:
    assert source.overlaying is not None
    return source.overlaying.complaints


def only_complaint(*actions: dict[str, Any], version: str = "1.1.0") -> Complaint:
    """Return the complaint about actions of which none changes the document."""
    made = applied(overlay(*actions, version=version))
    assert made.data == DATA
    (found,) = complaints(made)
    assert found.overlay == 1
    return found


LIONS = "$.paths['/lions'].get"
BOTH = pytest.mark.parametrize("version", ["1.0.0", "1.0.3", "1.1.0", "1.1.7"])


@BOTH
def test_an_update_is_merged_recursively(version: str) -> None:
    update = {"summary": "lions", "x-new": {"a": [1]}, "responses": {"404": {"description": "No."}}}
    found = result({"target": LIONS, "update": update}, version=version)["paths"]["/lions"]["get"]
    before = DATA["paths"]["/lions"]["get"]
    assert found == {
        **before,
        "summary": "lions",
        "x-new": {"a": [1]},
        "responses": {**before["responses"], "404": {"description": "No."}},
    }


@BOTH
def test_arrays_within_an_update_are_concatenated(version: str) -> None:
    found = result({"target": LIONS, "update": {"tags": ["wild", "big"]}}, version=version)
    assert found["paths"]["/lions"]["get"]["tags"] == ["big", "old", "wild", "big"]


@BOTH
def test_a_target_can_select_the_root_and_many_values(version: str) -> None:
    found = result(
        {"target": "$", "update": {"x-root": True}},
        {"target": "$.paths.*.*", "update": {"x-safe": {"by": "me"}}},
        version=version,
    )
    assert found["x-root"] is True
    both = found["paths"]["/lions"]["get"]["x-safe"], found["paths"]["/mice"]["delete"]["x-safe"]
    assert both == ({"by": "me"}, {"by": "me"})
    assert both[0] is not both[1]


@BOTH
def test_an_update_of_an_array_appends_an_item(version: str) -> None:
    item = {"name": "X", "in": "header"}
    found = result({"target": f"{LIONS}.parameters", "update": item}, version=version)
    names = [one["name"] for one in found["paths"]["/lions"]["get"]["parameters"]]
    assert names == ["limit", "dummy", "X"]


def test_an_array_is_appended_as_one_item_in_1_0_and_concatenated_in_1_1() -> None:
    action = {"target": f"{LIONS}.tags", "update": ["x", "y"]}
    for version, tags in (
        ("1.0.0", ["big", "old", ["x", "y"]]),
        ("1.1.0", ["big", "old", "x", "y"]),
    ):
        assert result(action, version=version)["paths"]["/lions"]["get"]["tags"] == tags
    assert result({"target": f"{LIONS}.tags", "update": "x"})["paths"]["/lions"]["get"]["tags"] == [
        *("big", "old", "x")
    ]


@BOTH
def test_remove_takes_values_out_of_objects_and_arrays(version: str) -> None:
    found = result(
        {"target": "$.paths['/mice']", "remove": True},
        {"target": f"{LIONS}.parameters[?@.name == 'dummy']", "remove": True},
        {"target": "$.tags[0, 1]", "remove": True},
        version=version,
    )
    assert [*found["paths"]] == ["/lions"]
    assert [one["name"] for one in found["paths"]["/lions"]["get"]["parameters"]] == ["limit"]
    assert found["tags"] == []


@BOTH
def test_remove_has_precedence_over_update_and_false_does_nothing(version: str) -> None:
    target = "$.paths['/mice']"
    assert (
        "/mice"
        not in result({"target": target, "update": {"x": 1}, "remove": True}, version=version)[
            "paths"
        ]
    )
    update = {"target": target, "update": {"x-a": 1}, "remove": False}
    assert result(update, version=version)["paths"]["/mice"]["x-a"] == 1
    assert result({"target": target, "remove": False}, version=version) == DATA


@BOTH
def test_actions_are_applied_in_order_and_so_are_overlays(version: str) -> None:
    mice = "$.paths['/mice']"
    again = {"target": "$.paths", "update": {"/mice": {"get": {}}}}
    first = overlay({"target": mice, "remove": True}, again, version=version)
    second = overlay({"target": f"{mice}.get", "update": {"summary": "mice"}}, version=version)
    made = applied(first, second)
    assert complaints(made) == ()
    data: Any = made.data
    assert data["paths"]["/mice"] == {"get": {"summary": "mice"}}


def test_a_primitive_value_is_replaced_and_removed_in_1_1_only() -> None:
    update = {"target": f"{LIONS}.summary", "update": "new"}
    assert result(update)["paths"]["/lions"]["get"]["summary"] == "new"
    remove = {"target": f"{LIONS}.tags[?@ == 'old']", "remove": True}
    assert result(remove)["paths"]["/lions"]["get"]["tags"] == ["big"]
    item = {"target": f"{LIONS}.tags[1]", "update": None}
    assert result(item)["paths"]["/lions"]["get"]["tags"] == ["big", None]
    for action in (update, remove, item):
        found = only_complaint(action, version="1.0.0")
        assert "version 1.0 does not allow" in found.message
        assert (found.pointer, found.disables) == ("/actions/0/target", "overlay action")


def test_a_copy_is_merged_like_an_update() -> None:
    found = result({"target": "$.paths['/mice']", "copy": "$.paths['/lions']"})["paths"]
    assert found["/mice"] == {**DATA["paths"]["/lions"], **DATA["paths"]["/mice"]}
    assert found["/mice"]["get"] is not found["/lions"]["get"]
    tags = result({"target": f"{LIONS}.tags", "copy": f"{LIONS}.tags"})["paths"]["/lions"]["get"]
    assert tags["tags"] == ["big", "old", "big", "old"]
    title = result({"target": f"{LIONS}.summary", "copy": "$.info.title"})
    assert title["paths"]["/lions"]["get"]["summary"] == "Zoo"


def test_a_copy_and_a_remove_move_a_value() -> None:
    found = result(
        {"target": "$.paths", "update": {"/cats": {}}},
        {"target": "$.paths['/cats']", "copy": "$.paths['/lions']"},
        {"target": "$.paths['/lions']", "remove": True},
    )["paths"]
    assert found == {"/mice": DATA["paths"]["/mice"], "/cats": DATA["paths"]["/lions"]}


def test_a_value_can_be_copied_into_itself() -> None:
    found = result({"target": "$.info", "copy": "$"})["info"]
    assert found["info"] == DATA["info"]


def test_a_value_that_is_selected_twice_is_changed_once() -> None:
    twice = {"target": "$['tags', 'tags']", "update": {"name": "x"}}
    assert len(result(twice)["tags"]) == 3
    assert result({"target": "$.tags[0, 0]", "remove": True})["tags"] == [{"name": "small"}]


def test_a_value_and_its_parent_can_be_removed_by_one_action() -> None:
    assert "tags" not in result({"target": "$['tags', 'x']", "remove": True})
    nested = {"target": "$..[?@.name == 'big' || @[?@.name == 'big']]", "remove": True}
    assert "tags" not in result(nested)


MISFITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an array into an object": (
        {"target": LIONS, "update": ["x"]},
        "/actions/0/update",
        "an array cannot be merged with an object at /paths/~1lions/get",
    ),
    "an object into a primitive property": (
        {"target": LIONS, "update": {"x-a": 1, "summary": {"a": 1}}},
        "/actions/0/update/summary",
        "an object cannot be merged with a primitive at /paths/~1lions/get/summary",
    ),
    "null into an object property": (
        {"target": "$", "update": {"paths": None}},
        "/actions/0/update/paths",
        "a primitive cannot be merged with an object at /paths",
    ),
    "an array into a primitive property below": (
        {"target": "$.paths", "update": {"/lions": {"get": {"summary": []}}}},
        "/actions/0/update/~1lions/get/summary",
        "an array cannot be merged with a primitive at /paths/~1lions/get/summary",
    ),
    "an object into a primitive value": (
        {"target": f"{LIONS}.summary", "update": {"a": 1}},
        "/actions/0/update",
        "an object cannot be merged with a primitive at /paths/~1lions/get/summary",
    ),
    "values of several kinds": (
        {"target": f"{LIONS}.*", "update": {"a": 1}},
        "/actions/0/target",
        "the target selects values of several kinds: primitive, array, object",
    ),
    "a copy of the wrong kind": (
        {"target": LIONS, "copy": f"{LIONS}.tags"},
        "/actions/0/copy",
        "an array cannot be merged with an object at /paths/~1lions/get",
    ),
    "a copy of several values": (
        {"target": LIONS, "copy": "$.tags.*"},
        "/actions/0/copy",
        "the JSONPath selects 2 values, and not one value",
    ),
    "a copy of nothing": (
        {"target": LIONS, "copy": "$.tagz"},
        "/actions/0/copy",
        "the JSONPath selects nothing, and not one value",
    ),
    "the whole document": (
        {"target": "$", "remove": True},
        "/actions/0/target",
        "the whole document cannot be removed",
    ),
    "no JSONPath": ({"target": "paths", "remove": True}, "/actions/0/target", "'paths' is no"),
    "no JSONPath to copy": ({"target": "$", "copy": "$["}, "/actions/0/copy", "'$[' is no"),
    "no function": (
        {"target": "$[?__import__('os')]", "remove": True},
        "/actions/0/target",
        "is no JSONPath",
    ),
    "no target": ({"update": {}}, "/actions/0/target", "there is no 'target'"),
    "a target of another type": ({"target": 1, "update": {}}, "/actions/0/target", "target is not"),
    "no modifier": ({"target": "$"}, "/actions/0", "has no `update` or `copy` or `remove`"),
    "two modifiers": (
        {"target": "$", "update": {"x-a": 1}, "copy": "$.info"},
        "/actions/0",
        "`update` and `copy` of one action have no effect",
    ),
    "remove of another type": ({"target": "$", "remove": "yes"}, "/actions/0/remove", "remove is"),
    "copy of another type": ({"target": "$", "copy": 1}, "/actions/0/copy", "copy is not"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_an_action_with_a_fault_is_left_out_whole_and_named(name: str) -> None:
    action, pointer, message = MISFITS[name]
    found = only_complaint(action)
    assert (found.level, found.rule, found.disables) == ("error", "overlay", "overlay action")
    assert found.pointer == pointer
    assert message in found.message
    assert found.edit


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("$.paths[?match(@.x, 'a'", "found the end"),
        ("paths", "expected '$', found a name"),
        ("$[?length(@.a)]", "result of length() must be compared"),
        ("$[?search(@.a)]", "search() requires 2 arguments"),
        ("$[?nothing(@.a)]", "function 'nothing' is not defined"),
    ],
)
def test_a_fault_of_a_json_path_is_said_in_words(target: str, reason: str) -> None:
    message = only_complaint({"target": target, "remove": True}).message
    assert reason in message
    assert "TOKEN" not in message


def test_an_update_that_fits_only_some_of_the_selected_values_changes_none() -> None:
    found = only_complaint({"target": "$.paths.*.*", "update": {"summary": ["x"]}})
    assert "at /paths/~1lions/get/summary" in found.message


def test_several_kinds_are_right_for_a_removal_and_for_an_item_of_1_0() -> None:
    assert result({"target": f"{LIONS}.*", "remove": True})["paths"]["/lions"]["get"] == {}
    mixed = {"target": f"{LIONS}['tags', 'responses']", "update": {"x-a": 1}}
    found = result(mixed, version="1.0.0")["paths"]["/lions"]["get"]
    assert found["tags"][-1] == {"x-a": 1}
    assert found["responses"]["x-a"] == 1


def test_an_unknown_action_of_1_0_names_the_later_version() -> None:
    made = applied(overlay({"target": "$", "copy": "$.info"}, version="1.0.0"))
    found = complaints(made)
    assert [one.pointer for one in found] == ["/actions/0/copy", "/actions/0"]
    assert "in version 1.0" in found[0].message
    assert found[0].edit == "write `overlay: 1.1.0`"


@pytest.mark.parametrize(
    ("target", "edit"),
    [
        ("$.paths['/lion'].get", "write '/lions'"),
        ("$.paths['/lions'].gett", "write 'get'"),
        ("$.webhooks.x", "correct the target, or remove the action"),
        ("$.paths[?@.nothing]", "correct the target, or remove the action"),
    ],
)
def test_a_target_that_selects_nothing_is_a_warning(target: str, edit: str) -> None:
    found = only_complaint({"target": target, "update": {}})
    assert (found.level, found.rule, found.disables) == ("warning", "overlay-target", "")
    assert found.pointer == "/actions/0/target"
    assert found.message.startswith("the target selects nothing")
    assert found.edit == edit


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("$.paths.*.get.parameters[?@.name=='limit' && @.in=='query']", ["limit"]),
        ("$.paths[?@.get].get.parameters[?match(@.name, 'l.*t')]", ["limit"]),
        ("$.paths[?@.get].get.parameters[?search(@.name, 'um')]", ["dummy"]),
        ("$.paths[?@.get].get.parameters[?length(@.name) == 5]", ["limit", "dummy"]),
        ("$..[?count(@.*) == 3 && @.in]", ["limit", "dummy"]),
        ("$..parameters[-1:]", ["dummy"]),
        ('$["paths"]["/lions"]["get"]["parameters"][0]', ["limit"]),
        (r"$.paths['\u002flions'].get.parameters[0]", ["limit"]),
    ],
)
def test_targets_are_those_of_rfc_9535(target: str, names: list[str]) -> None:
    made = result({"target": target, "update": {"x-chosen": True}})
    found = made["paths"]["/lions"]["get"]["parameters"]
    assert [one["name"] for one in found if "x-chosen" in one] == names


@pytest.mark.parametrize(
    "target", ["$.paths.~", "^", "$.paths | $.tags", "$.tags[?@.name in ['big']]", "paths", "$.a b"]
)
def test_an_extension_of_a_library_is_no_target(target: str) -> None:
    found = only_complaint({"target": target, "update": {}})
    assert f"{target!r} is no JSONPath" in found.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "z.yaml:1:1 (the document): an overlay is an object"),
        ("info: {}", "z.yaml:1:1 (the document): there is no `overlay`"),
        ("openapi: 3.1.0", "it is an OpenAPI document: pass it with --contract"),
        ("overlay: 1.2.0", "z.yaml:1:10 (/overlay): overlay is '1.2.0'; hookproof reads overlays"),
        ("overlay: 1.0", "z.yaml:1:10 (/overlay): overlay is 1.0; "),
        ("overlay: 1.0.0\nactions: []", "z.yaml:2:10 (/actions): actions is not an array"),
        ("overlay: 1.0.0", "actions is not an array with at least one action"),
        ("overlay: 1.0.0\nactions: {}", "actions is not an array"),
        ("overlay: [", "z.yaml:2:1: not YAML"),
    ],
)
def test_a_file_that_is_no_overlay_is_an_error_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        with_overlays(read_document("a.yaml", DOCUMENT), [read_document("z.yaml", text)])
    assert message in str(caught.value)


def test_an_overlay_as_the_contract_is_an_error_that_says_so() -> None:
    with pytest.raises(ContractError, match="it is an overlay: pass it with --overlay"):
        load_text(overlay({"target": "$", "update": {}}))


def load_text(text: str) -> None:
    lint_text("o.yaml", text)


@pytest.mark.parametrize(
    ("change", "pointer", "edit"),
    [
        ({"info": None}, "/info", "state both"),
        ({"info": {"title": "x"}}, "/info/version", "write a text"),
        ({"info": {"title": "x", "version": 1}}, "/info/version", "write a text"),
        ({"infos": {}}, "/infos", "write 'info'"),
        ({"extends": 1}, "/extends", "write a URI reference"),
        ({"info": {"title": "x", "version": "1", "x-y": 1}, "x-z": 1}, None, None),
        ({"info": {"title": "x", "version": "1", "description": "y"}}, None, None),
    ],
)
def test_a_fault_beside_the_actions_leaves_nothing_out(
    change: dict[str, Any], pointer: str | None, edit: str | None
) -> None:
    made = applied(overlay({"target": "$", "update": {"x-done": True}}, **change))
    data: Any = made.data
    assert data["x-done"] is True
    found = complaints(made)
    assert [(one.pointer, one.edit, one.disables) for one in found] == (
        [] if pointer is None else [(pointer, edit, "")]
    )


PLACED = """\
overlay: 1.1.0
info: {title: test, version: "1"}
actions:
  - target: $.paths['/lions'].get
    update:
      summary: new
      parameters:
        - {name: more, in: query, schema: {type: integer}}
      x-new:
        deep: [a, b]
  - target: $.paths['/lions'].get.parameters[0]
    remove: true
  - target: $.paths['/mice']
    copy: $.paths['/lions']
"""


def test_each_value_has_the_place_where_it_is_written() -> None:
    made = applied(PLACED)
    get = "/paths/~1lions/get"
    lines = DOCUMENT.splitlines(), PLACED.splitlines()
    for pointer, file, text in (
        (f"{get}/summary", 1, "new"),
        (f"{get}/parameters", 0, "- {name: limit"),
        (f"{get}/parameters/0", 0, "{name: dummy"),
        (f"{get}/parameters/0/schema/type", 0, "string}"),
        (f"{get}/parameters/1", 1, "{name: more"),
        (f"{get}/parameters/1/schema", 1, "{type: integer}"),
        (f"{get}/x-new/deep/1", 1, "b]"),
        (f"{get}/tags/1", 0, "old]"),
        ("/paths/~1mice/delete", 0, 'responses: {"204"'),
        ("/paths/~1mice/get/tags/0", 0, "big, old]"),
        ("/paths/~1mice/get/summary", 1, "new"),
        ("/paths/~1mice/get/parameters/1/name", 1, "more,"),
        ("/paths/~1mice/get/parameters/1/nothing", 1, "{name: more"),
    ):
        place = made.locate(pointer)
        assert place.file == file, pointer
        assert lines[file][place.line - 1][place.column - 1 :].startswith(text), pointer
    line = PLACED[: PLACED.index("summary: new")].count("\n") + 1
    assert made.place(f"{get}/summary") == f"1.yaml:{line}:16 ({get}/summary)"


def test_copies_of_one_value_have_separate_places() -> None:
    both = {"target": "$.paths.*", "copy": "$.paths['/lions'].get"}
    again = {"target": "$.paths['/mice']", "update": {"tags": ["mouse"]}}
    made = applied(overlay(both), overlay(again))
    assert made.locate("/paths/~1mice/tags/2").file == 2
    assert made.locate("/paths/~1lions/tags/2").file == 0


def test_a_complaint_about_a_value_has_its_place_in_the_overlay() -> None:
    wrong = PLACED.replace("type: integer", "type: int").replace("x-new", "x-hookproof-new")
    found = {one.complaint.rule: one for one in lint_text("zoo.yaml", DOCUMENT, wrong)}
    assert (found["extension"].overlay, found["schema-keyword"].overlay) == (1, 1)
    lines = wrong.splitlines()
    assert "type: int" in lines[found["schema-keyword"].line - 1]
    assert "x-hookproof-new" in lines[found["extension"].line - 1 - 1]
    ids = lint_text("zoo.yaml", DOCUMENT.replace("string", "text"), PLACED)
    place = next(one for one in ids if one.complaint.rule == "schema-keyword")
    assert place.overlay == 0
    assert "type: text" in DOCUMENT.replace("string", "text").splitlines()[place.line - 1]


def test_files_have_their_digests_and_an_overlay_changes_that_of_the_contract(
    tmp_path: Path,
) -> None:
    document, first = tmp_path / "zoo.yaml", tmp_path / "first.yaml"
    document.write_text(DOCUMENT, encoding="utf-8")
    first.write_text(PLACED, encoding="utf-8")
    plain, overlaid = load_contract(document), load_contract(document, [first])
    assert [file.name for file in overlaid.files] == ["zoo.yaml", "first.yaml"]
    assert overlaid.files[0].digest == plain.digest == plain.files[0].digest
    assert overlaid.digest not in (plain.digest, overlaid.files[1].digest)
    assert json.loads(overlaid.text)["paths"]["/mice"]["get"]["summary"] == "new"
    assert [*plain.document["paths"]["/mice"]] == ["delete"]
    same = overlay({"target": "$.nothing", "update": {}})
    first.write_text(same, encoding="utf-8")
    assert load_contract(document, [first]).digest != plain.digest


def test_the_shipped_contract_takes_an_overlay(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    update = {"x-hookproof-severity": "warning"}
    target = "$.paths.*.post.responses['201'].content.*.schema"
    stated = {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}}
    action = {"target": target, "update": update}
    path.write_text(json.dumps({**stated, "actions": [action]}), encoding="utf-8")
    contract = load_contract(None, [path])
    assert len(contract.operations) == 1
    assert load_document(None, [path]).source.locate("/info").file == 0


def test_an_overlay_adds_extensions_and_directions_to_a_document_without_any(
    tmp_path: Path,
) -> None:
    document, path = tmp_path / "zoo.yaml", tmp_path / "o.yaml"
    document.write_text(DOCUMENT, encoding="utf-8")
    rejection = {
        "name": "big-body",
        "body": {"larger-than-bytes": 10},
        "statuses": ["413"],
        "severity": "none",
        "source": "guess",
    }
    sources = {"guess": {"level": "assumed", "title": "A guess"}}
    path.write_text(
        overlay(
            {"target": "$", "update": {"x-hookproof-sources": sources}},
            {"target": "$.paths.*.*", "update": {"x-hookproof-provenance": "guess: by me"}},
            {"target": LIONS, "update": {"x-hookproof-allowed-rejections": [rejection]}},
        ),
        encoding="utf-8",
    )
    contract = load_contract(document, [path])
    assert contract.complaints == ()
    assert contract.operation("get-lions").allowed_rejections == (rejection,)
    known = contract.provenance("/paths/~1lions/get/parameters/0/schema/type")
    assert (known.level, known.source, known.reason) == ("assumed", "guess", "by me")


@pytest.mark.parametrize(
    ("extends", "complains"),
    [
        ("zoo.yaml", False),
        ("./zoo.yaml#/x", False),
        ("../%s/zoo.yaml", False),
        ("other.yaml", True),
        ("https://example.com/other.yaml", False),
        ("", False),
    ],
)
def test_extends_may_not_name_another_file(extends: str, complains: bool, tmp_path: Path) -> None:
    document, path = tmp_path / "zoo.yaml", tmp_path / "o.yaml"
    document.write_text(DOCUMENT, encoding="utf-8")
    stated = extends.replace("%s", tmp_path.name)
    path.write_text(overlay({"target": "$", "update": {}}, extends=stated), encoding="utf-8")
    found = [one for one in lint_file(document, [path]) if one.complaint.rule.startswith("overlay")]
    assert [one.complaint.rule for one in found] == ["overlay-extends"] * complains
    if complains:
        assert "but is applied to zoo.yaml" in found[0].complaint.message
        assert (found[0].overlay, found[0].line) == (1, 5)


def test_copies_of_copies_reach_a_limit() -> None:
    doubling = [{"target": "$.x", "copy": "$.x"} for _ in range(64)]
    start = {"target": "$", "update": {"x": [0] * 1000}}
    made = applied(overlay(start, *doubling))
    data: Any = made.data
    assert 100_000 < len(data["x"]) <= 300_000
    limits = {one.message for one in complaints(made)}
    assert limits == {"the overlays add more than 300000 values"}
    below = "$.x" + ".a" * 60
    start = {"target": "$", "update": {"x": chain(150)}}
    made = applied(overlay(start, {"target": below, "copy": "$.x"}))
    (found,) = complaints(made)
    assert found.message == "the result is nested deeper than 200"


def chain(length: int) -> Any:
    """Return objects in objects."""
    made: Any = {}
    for _ in range(length):
        made = {"a": made}
    return made


WIDE = json.dumps({"openapi": "3.1.0", "x": [["a" * 40 + "!"] * 100] * 100})


@pytest.mark.parametrize(
    "target", ["$..*..*..*..*..*", "$[?count($..*..*..*..*) > 1]", "$..[?count(@..*..*..*) > 1]"]
)
def test_a_target_may_visit_a_limited_number_of_values(target: str) -> None:
    with pytest.raises(JsonPathFault, match="visits more than 20000 values"):
        JsonPath(target).select({"x": chain(150)}, max_visits=20_000)


def test_a_target_beyond_a_limit_is_a_fault_with_its_place() -> None:
    wide = {"openapi": "3.1.0", "x": [0] * 100_001}
    made = applied(overlay({"target": "$.x.*", "remove": True}), document=json.dumps(wide))
    assert made.data == wide
    (found,) = complaints(made)
    assert (found.rule, found.pointer) == ("overlay", "/actions/0/target")
    assert "selects more than 100000 values" in found.message


@pytest.mark.parametrize(
    ("function", "pattern", "selected"),
    [
        ("match", "a.c", ["abc"]),
        ("search", "b", ["abc", "b"]),
        ("match", "b", ["b"]),
        ("search", "[.]", ["x.y"]),
        ("match", r"x\\.y", ["x.y"]),
        ("match", r"\\p{Lu}", ["É"]),
        ("match", "(?=a)abc", []),
        ("match", "(", []),
    ],
)
def test_functions_take_regular_expressions_of_rfc_9485(
    function: str, pattern: str, selected: list[str]
) -> None:
    data = ["abc", "a\nc", "a\rc", "b", "x.y", "É", "\ud800", 1, None]
    found = JsonPath(f"$[?{function}(@, '{pattern}')]").select(data)
    assert [one.value for one in found] == selected


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*", "(a*)*b", "a{1,500}{1,500}", "([a-z]+)*"])
def test_a_regular_expression_does_not_backtrack(pattern: str) -> None:
    # With backtracking this would take longer than any test run.
    target = f"$.x.*[?match(@, '{pattern}')]"
    made = applied(overlay({"target": target, "remove": True}), document=WIDE)
    assert [one.rule for one in complaints(made)] == ["overlay-target"]
