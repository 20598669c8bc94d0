"""Secret properties of responses, which the contract marks."""

from pathlib import Path

import pytest

from mock_server.storage.secret_properties import SecretProperties
from openapi.loading.loader import load_contract

CONTRACT = """
openapi: 3.1.0
info: {title: Keys, version: "1"}
paths:
  /keys:
    post:
      operationId: createKey
      responses:
        "201":
          description: Created.
          content:
            application/json:
              schema:
                type: object
                properties:
                  id: {type: string}
                  secret: {type: string, x-hookproof-secret: true}
"""


@pytest.fixture
def secret_properties(tmp_path: Path) -> SecretProperties:
    path = tmp_path / "openapi.yaml"
    path.write_text(CONTRACT)
    return SecretProperties(load_contract(path))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"id":"a"}', '{"id":"a"}'),
        ('{"id": "a", "secret": "x"}', '{"id": "a", "secret": "[secret]"}'),
        ('{"data":[{"secret":{"deep":1}}]}', '{"data": [{"secret": "[secret]"}]}'),
        ('{"secret": null}', '{"secret": null}'),
        ('{"secret": "cut o', "[secret]"),
        ("no JSON", "no JSON"),
    ],
)
def test_hides_values_wherever_a_fault_moves_them(
    secret_properties: SecretProperties, text: str, shown: str
) -> None:
    assert secret_properties.redact(text) == shown
