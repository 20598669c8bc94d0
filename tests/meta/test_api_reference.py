"""References of the APIs: the pages have the tables that their OpenAPI documents give."""

from pathlib import Path

import pytest
from support.api_reference import REFERENCES, ROOT, Reference

REWRITE = "PYTHONPATH=tests/shared python -m support.api_reference"
DOCUMENT = """
paths:
  /things/{id}:
    parameters: [{$ref: '#/components/parameters/id'}]
    get:
      summary: one | thing
      responses: {200: {}, 404: {}}
    post:
      summary: changes it
      description: changes the
        thing
      parameters: [{name: dry, in: query, schema: {enum: [yes, no], default: no}}]
      requestBody:
        content:
          application/json: {schema: {properties: {size: {type: number, exclusiveMinimum: 0}}}}
      responses: {201: {}}
components:
  parameters:
    id: {name: id, in: path, description: its id, schema: {type: integer, minimum: 1, maximum: 9}}
"""
TABLES = """\
| endpoint | what it does | parameters | statuses |
| --- | --- | --- | --- |
| `GET /things/{id}` | one \\| thing | `id` | 200, 404 |
| `POST /things/{id}` | changes the thing | `id`, `dry`, `size` | 201 |

| parameter | in | values | meaning |
| --- | --- | --- | --- |
| `id` | path | integer from 1 to 9 | its id |
| `dry` | query | `True`, `False`; default `False` |  |
| `size` | body | number above 0 |  |
"""


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda one: one.page)
def test_a_page_has_the_tables_of_the_document(reference: Reference) -> None:
    present = (ROOT / reference.page).read_text(encoding="utf-8")
    assert present == reference.updated_page(), f"run: {REWRITE}"


def test_contributing_names_the_command() -> None:
    assert REWRITE in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_tables_name_operations_parameters_and_statuses(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(DOCUMENT, encoding="utf-8")
    page = tmp_path / "page.md"
    reference = Reference("api.yaml", "page.md")
    page.write_text(f"a\n{reference.begin}\nold\n<!-- end of the reference -->\nb\n")
    expected = f"a\n{reference.begin}\n\n{TABLES}\n<!-- end of the reference -->\nb\n"
    assert reference.updated_page(tmp_path) == expected


def test_a_page_without_the_comments_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "page.md").write_text("nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.md needs the lines"):
        Reference("api.yaml", "page.md").updated_page(tmp_path)
