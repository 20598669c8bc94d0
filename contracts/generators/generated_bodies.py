"""Cases with bodies that Schemathesis and Hypothesis generate, from the cache if it has them."""

import hashlib
import platform
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from contracts.generators.body_cache import GeneratedBody, cached_bodies
from contracts.model.case import COVERAGE_PHASE, FUZZING_PHASE, Case
from openapi.contract import Contract, Operation
from openapi.serialization.bodies import encode_json

_LIBRARIES = ("schemathesis", "hypothesis", "jsonschema-rs")


@lru_cache(maxsize=16)
def generated_cases(
    contract: Contract,
    operation: Operation,
    seed: int,
    valid: int,
    invalid: int,
    cache_dir: Path | None,
) -> tuple[Case, ...]:
    """Return the coverage bodies, then `valid` and `invalid` random ones, without duplicates.

    The result is deterministic. The contract decides whether a body is valid, not the generator.
    """
    key = (_generator_digest(), contract.digest, operation.id)
    found = [
        (COVERAGE_PHASE, body)
        for body in cached_bodies(cache_dir, key, lambda: _draw_coverage(contract, operation))
    ]
    if valid or invalid:
        found += [
            (FUZZING_PHASE, body)
            for body in cached_bodies(
                cache_dir,
                (*key, seed, valid, invalid),
                lambda: _draw_random(contract, operation, seed, valid, invalid),
            )
        ]
    return tuple(_distinct_cases(found))


def _distinct_cases(bodies: Iterable[tuple[str, GeneratedBody]]) -> Iterable[Case]:
    seen: set[bytes] = set()
    for phase, (description, body) in bodies:
        text = body if isinstance(body, bytes) else encode_json(body)
        if text not in seen:
            seen.add(text)
            yield Case(phase, description, body)


def _draw_coverage(contract: Contract, operation: Operation) -> list[GeneratedBody]:
    from contracts.generators import schemathesis_bodies  # noqa: PLC0415 - see its docstring

    return schemathesis_bodies.coverage_bodies(contract, operation)


def _draw_random(
    contract: Contract, operation: Operation, seed: int, valid: int, invalid: int
) -> list[GeneratedBody]:
    from contracts.generators import schemathesis_bodies  # noqa: PLC0415 - see its docstring

    return schemathesis_bodies.random_bodies(contract, operation, seed, valid, invalid)


@lru_cache(maxsize=1)
def _generator_digest() -> str:
    """Return a digest of the versions of libraries and Python, and of our code that calls them."""
    versions = [platform.python_version(), *map(version, _LIBRARIES)]
    code = Path(__file__).with_name("schemathesis_bodies.py").read_bytes()
    return hashlib.sha256(" ".join(versions).encode() + code).hexdigest()
