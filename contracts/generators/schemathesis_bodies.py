"""Bodies that Schemathesis and Hypothesis generate: coverage of every keyword, and random ones.

Schemathesis gets the operation without its security and the webhooks, so that it varies the
request body. Only the bodies of its cases are used; `contracts.execution` sends them.

Only `generated_bodies` imports this module, and only if its cache lacks bodies: both libraries take
most of a second to import.
"""

import copy
import json
import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode

from openapi.contract import Contract, Operation
from openapi.json_pointer import get_at, walk_values
from openapi.schemas.validation import referenced_part

logging.getLogger("schemathesis").setLevel(logging.ERROR)


def coverage_bodies(contract: Contract, operation: Operation) -> list[tuple[str, object]]:
    """Return bodies that vary one keyword at a time, each with a description.

    A body is bytes or JSON data. The result is deterministic.
    """
    source = _load_operation(contract, operation)
    cases = source.schema.iter_coverage_cases(
        source,
        generation_modes=list(GenerationMode),
        generation_config=source.schema.config.generation,
    )
    return _bodies(
        (case, str(getattr(case.meta.phase.data, "description", "") or "coverage"))
        for case in cases
        if "content-type" not in {name.lower() for name in case.headers or {}}
    )


def random_bodies(
    contract: Contract, operation: Operation, seed: int, valid: int, invalid: int
) -> list[tuple[str, object]]:
    """Return bodies drawn from `seed`: `valid` ones, then `invalid` ones; some may be equal.

    A body is bytes or JSON data. The contract decides whether it is valid, not the generator.
    """
    source = _load_operation(contract, operation)
    return _bodies(
        (case, "random body")
        for mode, amount in ((GenerationMode.POSITIVE, valid), (GenerationMode.NEGATIVE, invalid))
        for case in _draw_examples(source.as_strategy(generation_mode=mode), seed, amount)
    )


def _bodies(cases: Iterable[tuple[Any, str]]) -> list[tuple[str, object]]:
    """Return the description and the body of each case whose body can be sent."""
    found: list[tuple[str, object]] = []
    for case, description in cases:
        body = b"" if type(case.body).__name__ == "NotSet" else case.body
        if isinstance(body, bytes) or _is_json(body):
            found.append((description, body))
    return found


def _draw_examples(strategy: Any, seed: int, amount: int) -> list[Any]:
    drawn: list[Any] = []
    if not amount:
        return drawn

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=amount,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,  # Hypothesis would ignore the seed if the variable CI is set
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def collect(case: Any) -> None:
        drawn.append(case)

    collect()
    return drawn


@lru_cache(maxsize=1)  # for the two calls of one operation
def _load_operation(contract: Contract, operation: Operation) -> Any:
    """Return Schemathesis's operation, from a document with this one and what it refers to.

    To load a document takes time and memory in proportion to its size.
    """
    stated = dict(contract.at(operation.pointer))
    stated.pop("security", None)
    shared = get_at(contract.document, f"{operation.pointer.rpartition('/')[0]}/parameters")
    item: dict[str, object] = {operation.method.lower(): stated}
    if isinstance(shared, list):
        item["parameters"] = shared
    references = [
        value
        for pointer, value in walk_values(item)
        if pointer.endswith(("/$ref", "/$dynamicRef")) and isinstance(value, str)
    ]
    part = referenced_part(contract.document, references)
    document: Any = copy.deepcopy(dict(contract.document) if part is None else part)
    document |= {
        "openapi": contract.document["openapi"],
        "info": contract.document["info"],
        "paths": {**document.get("paths", {}), operation.path: copy.deepcopy(item)},
    }
    for key in ("webhooks", "security"):
        document.pop(key, None)
    document.get("components", {}).pop("securitySchemes", None)
    _keep_main_media_type(document, operation)
    # An explicit config, because a schemathesis.toml in a parent folder would change the run.
    config = schemathesis.Config.from_dict({})
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.config.phases.coverage.unexpected_methods = set()
    return schema[operation.path][operation.method]


def _keep_main_media_type(document: dict[str, Any], operation: Operation) -> None:
    """Remove the media types of a request body that are not sent as JSON."""
    body = operation.body
    if body is not None and len(operation.content) > 1:
        holder: Any = get_at(document, body.pointer.rpartition("/")[0])
        for name in operation.content.keys() - {body.name}:
            holder.pop(name, None)


def _is_json(body: object) -> bool:
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
