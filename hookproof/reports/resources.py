"""Resources of a contract as text and JSON data. Pure."""

from collections.abc import Iterable, Iterator

from hookproof.reports.wording import pluralize
from openapi.contract import Contract, Json
from openapi.resources.derivation import find_resources, idempotency_key
from openapi.resources.model import Paging, Resource
from openapi.safe_text import escape_ci_command, escape_hidden

MAX_LISTED_RESOURCES = 20
_ROLES = ("create", "read", "list", "replace", "change", "delete", "act")
_PAGING = ("limit", "offset", "page", "cursor")


def resource_data(file: str, contract: Contract) -> list[dict[str, Json]]:
    """Return the resources of a contract, whose path is `file`, as JSON data."""
    return [_data(file, contract, resource) for resource in find_resources(contract)]


def _data(file: str, contract: Contract, resource: Resource) -> dict[str, Json]:
    listing = resource.listing
    key = idempotency_key(contract, resource.create)
    ids: dict[str, list[str]] = {}
    for operation_id, role in resource.roles.items():
        ids.setdefault(role, []).append(operation_id)
    return {
        "file": file,
        "collection": resource.name,
        "operations": {role: ids[role] for role in _ROLES if role in ids},
        "identity": str(resource.identity),
        "parameter": resource.parameter or None,
        "filters": [one.parameter.name for one in listing.filters] if listing else [],
        "paging": _paging(listing.paging) if listing else {},
        "idempotency_key": None if key is None else key.name,
    }


def _paging(paging: Paging) -> dict[str, str]:
    found = {name: getattr(paging, name) for name in _PAGING}
    return {name: parameter.name for name, parameter in found.items() if parameter is not None}


def resource_lines(resources: Iterable[dict[str, Json]]) -> Iterator[str]:
    """Yield lines of text about resources, as `resource_data` returns them; none without one."""
    found = [*resources]
    if not found:
        return
    yield f"resources: {len(found)}"
    for one in found[:MAX_LISTED_RESOURCES]:
        yield escape_ci_command(escape_hidden(f"  {one['collection']}: {'; '.join(_parts(one))}"))
    if more := found[MAX_LISTED_RESOURCES:]:
        yield f"  {pluralize(len(more), 'more resource')}; --format json has all of them"


def _parts(one: dict[str, Json]) -> Iterator[str]:
    yield ", ".join(f"{role} {name}" for role, ids in one["operations"].items() for name in ids)
    named = f" ({{{one['parameter']}}})" if one["parameter"] else ""
    yield f"identity {one['identity']}{named}"
    if one["filters"]:
        yield f"filters {', '.join(one['filters'])}"
    if one["paging"]:
        yield f"pages by {', '.join(one['paging'].values())}"
    if one["idempotency_key"]:
        yield f"idempotency key {one['idempotency_key']}"
