"""Deviation: one mistake of a service that the harness must find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reference_service.behaviour import Change

Layer = Literal["responses", "validation", "credentials", "robustness", "webhooks"]


@dataclass(frozen=True)
class Deviation:
    """Mistake of real services, the fact that it violates, and the change that causes it."""

    layer: Layer
    mistake: str
    fact: str
    change: Change
