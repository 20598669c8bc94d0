"""Cases that Schemathesis and Hypothesis generate: coverage of every keyword, then fuzzing.

Schemathesis gets the operation without its security and the webhooks, so that it varies the
request body. Only the bodies of its cases are used; `contracts.execution` sends them.
"""

import copy
import json
import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode

from contracts.model.case import COVERAGE_PHASE, FUZZING_PHASE, Case, encode_json
from openapi.contract import Contract, Operation

logging.getLogger("schemathesis").setLevel(logging.ERROR)


@lru_cache(maxsize=16)
def generated_cases(
    contract: Contract, operation: Operation, seed: int, valid: int, invalid: int
) -> tuple[Case, ...]:
    """Return the coverage bodies, then `valid` and `invalid` random ones, without duplicates.

    The result is deterministic. The contract decides whether a body is valid, not the generator.
    """
    return tuple(_iter_generated_cases(contract, operation, seed, valid, invalid))


def _iter_generated_cases(
    contract: Contract, operation: Operation, seed: int, valid: int, invalid: int
) -> Iterator[Case]:
    source = _load_schema(contract)[operation.path][operation.method]
    seen: set[bytes] = set()
    for case, description in _schemathesis_cases(source, seed, valid, invalid):
        body = case.body
        if type(body).__name__ == "NotSet":
            body = b""
        text = body if isinstance(body, bytes) else _json_bytes(body)
        if text is None or text in seen:
            continue
        seen.add(text)
        phase = COVERAGE_PHASE if description else FUZZING_PHASE
        media = next(iter(operation.content))
        yield Case(phase, description or "random body", body, media_type=media)


def _schemathesis_cases(
    source: Any, seed: int, valid: int, invalid: int
) -> Iterator[tuple[Any, str]]:
    modes = list(GenerationMode)
    generation = source.schema.config.generation
    for case in source.schema.iter_coverage_cases(
        source, generation_modes=modes, generation_config=generation
    ):
        if "content-type" not in {name.lower() for name in case.headers or {}}:
            yield case, str(getattr(case.meta.phase.data, "description", "") or "coverage")
    for mode, amount in ((GenerationMode.POSITIVE, valid), (GenerationMode.NEGATIVE, invalid)):
        for case in _draw_examples(source.as_strategy(generation_mode=mode), seed, amount):
            yield case, ""


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


def _load_schema(contract: Contract) -> Any:
    document = copy.deepcopy(dict(contract.document))
    document.pop("webhooks", None)
    document.pop("security", None)
    document.get("components", {}).pop("securitySchemes", None)
    for item in document["paths"].values():
        for stated in item.values():
            if isinstance(stated, dict):
                stated.pop("security", None)
    # An explicit config, because a schemathesis.toml in a parent folder would change the run.
    config = schemathesis.Config.from_dict({})
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.config.phases.coverage.unexpected_methods = set()
    return schema


def _json_bytes(body: object) -> bytes | None:
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError):
        return None
    return encode_json(body)
