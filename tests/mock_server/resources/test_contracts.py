"""Kept resources of several contracts: what was sent is read, listed, changed and removed."""

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.mock import RunningMock, running
from support.shop import MERGE

from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING, get_at
from openapi.loading.builder import required_permissions
from openapi.loading.loader import load_contract
from openapi.parameters import path_parameter_names, write_parameters
from openapi.requests.examples import example_body, example_parameter
from openapi.resources.derivation import find_resources
from openapi.resources.model import Resource

pytestmark = pytest.mark.integration

DATA = Path(__file__).resolve().parents[2] / "data"
NAMES = ["orders.yaml", "workshop.yaml", "parcels.yaml", "springdoc.json", "shop.yaml"]
NUMBERS = count()
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Client:
    """Client of a mock, which sends ordinary requests and checks each success by its schema."""

    def __init__(self, contract: Contract, mock: RunningMock) -> None:
        """Call the operations of `contract`."""
        self.contract = contract
        self._mock = mock
        permissions = required_permissions(contract.operations)
        self._headers = {"Authorization": f"Bearer {mint(DEVELOPMENT_SECRET, permissions, None)}"}

    def call(
        self, operation: Operation, path: Mapping[str, Any], body: Any = None
    ) -> httpx.Response:
        """Send the operation's required parameters, with the parameters `path` of the path."""
        values = {
            p.key: example_parameter(self.contract, p) for p in operation.parameters if p.required
        }
        values |= {f"path.{name}": path[name] for name in path_parameter_names(operation.path)}
        written = write_parameters(operation.path, operation.parameters, values)
        base = f"http://{self._mock.host}:{self._mock.port}{self.contract.base_path}"
        more = MERGE if "application/merge-patch+json" in operation.content else {}
        headers = {**self._headers, **dict(written.headers), **more}
        url = f"{base}{written.target}"
        answer = self._mock.client.request(operation.method, url, json=body, headers=headers)
        spec = operation.response_for(answer.status_code)
        if answer.is_success and spec is not None and answer.content:
            (schema, *_) = spec.content.values()
            assert self.contract.schema(schema).violations(answer.json()) == ()
        return answer


@pytest.fixture(params=NAMES)
def client(request: Any) -> Iterator[Client]:
    contract = load_contract(DATA / request.param)
    with running(contract, receivers=0, webhook_secret=WEBHOOK_SECRET) as mock:
        yield Client(contract, mock)


def test_each_resource_is_kept(client: Client) -> None:
    found = [r for r in find_resources(client.contract) if r.read is not None]
    assert found
    for resource in found:
        outer = dict(parents(client, resource))
        _, other = create(client, resource, outer)
        sent, path = create(client, resource, outer)
        assert path != other
        shows(client, resource, path, resource.create, sent)
        for operation in (resource.replace, resource.change):
            if operation is not None and operation.body is not None:
                body = example_body(client.contract, operation.body)
                assert client.call(operation, path, body).is_success
                shows(client, resource, path, operation, body)
        if resource.listing is not None:
            listed = resource.listing.items_of(
                client.call(resource.listing.operation, outer).json()
            )
            assert listed is not None
            identities = [str(get_at(item, resource.listing.identity)) for item in listed]
            assert identities[:2] == [str(path[resource.parameter]), str(other[resource.parameter])]
        if resource.delete is not None:
            assert client.call(resource.delete, path).is_success
            assert resource.read is not None
            assert client.call(resource.read, path).status_code == 404
            assert client.call(resource.read, other).is_success


def parents(client: Client, resource: Resource) -> Iterator[tuple[str, Any]]:
    """Create what the path of the collection names; yield its parameters."""
    for name in path_parameter_names(resource.create.path):
        owner = next(r for r in find_resources(client.contract) if r.parameter == name)
        _, path = create(client, owner, {})
        yield name, path[name]


def create(
    client: Client, resource: Resource, outer: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Create a resource; return what was sent, and the path parameters of the resource."""
    spec = resource.create.body
    body: Any = None if spec is None else example_body(client.contract, spec)
    for expression in resource.create.duplicate_values:
        body = {**body, expression.rpartition("/")[2]: f"value {next(NUMBERS)}"}
    answer = client.call(resource.create, outer, body)
    assert answer.is_success, answer.text
    identity = get_at(answer.json(), resource.identity.where)
    return body, {**outer, resource.parameter: identity}


def shows(
    client: Client, resource: Resource, path: Mapping[str, Any], operation: Operation, sent: Any
) -> None:
    """Check that a read shows what the operation has sent."""
    assert resource.read is not None
    answer = client.call(resource.read, path)
    assert answer.status_code == 200
    shown = resource.shown_by(resource.read, answer.json())
    described = resource.described_by(operation, sent)
    assert shown is not MISSING
    for shared in resource.properties.get(operation.id, ()):
        value = get_at(described, shared.request)
        if value is not MISSING and value is not None:
            assert get_at(shown, shared.resource) == value
