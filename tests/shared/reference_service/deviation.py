"""What one deviation is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reference_service.behaviour import Change

Layer = Literal["responses", "validation", "credentials", "robustness", "webhooks"]


@dataclass(frozen=True)
class Deviation:
    """A mistake that real services make, the fact that it breaks, and the change that makes it."""

    layer: Layer
    mistake: str
    fact: str
    change: Change
