"""Properties with an extension: where in an instance, and where in the contract."""

from openapi.contract import Contract
from openapi.extensions import extended_properties

NODE = {
    "properties": {
        "key": {"type": "string", "x-hookproof-secret": True},
        "beside": {"$ref": "#/schemas/Text", "x-hookproof-secret": True},
        "below": {"$ref": "#/schemas/Hidden"},
        "open": {"type": "string", "x-hookproof-secret": False},
    }
}
SCHEMAS = {
    "Node": NODE,
    "Text": {"type": "string"},
    "Hidden": {"type": "string", "x-hookproof-secret": True, "x-hookproof-unique": True},
    "Tree": {
        "properties": {"leaf": {"x-hookproof-secret": True}, "tree": {"$ref": "#/schemas/Tree"}}
    },
}
CONTRACT = Contract({"schemas": SCHEMAS}, (), (), "")


def test_follows_references_and_counts_what_stands_beside_one() -> None:
    assert extended_properties(CONTRACT, "/schemas/Node", "x-hookproof-secret") == (
        ("/key", "/schemas/Node/properties/key/x-hookproof-secret"),
        ("/beside", "/schemas/Node/properties/beside/x-hookproof-secret"),
        ("/below", "/schemas/Hidden/x-hookproof-secret"),
    )


def test_finds_several_keywords_in_the_order_of_the_schema() -> None:
    found = extended_properties(
        CONTRACT, "/schemas/Node", "x-hookproof-unique", "x-hookproof-secret"
    )
    assert [place for place, _ in found] == ["/key", "/beside", "/below", "/below"]
    assert found[2][1] == "/schemas/Hidden/x-hookproof-unique"


def test_a_recursive_schema_has_an_end() -> None:
    found = extended_properties(CONTRACT, "/schemas/Tree", "x-hookproof-secret")
    assert found[0][0] == "/leaf"
    assert found[1][0] == "/tree/leaf"
    assert 2 < len(found) < 10
