"""Are the packages beside us ours? Their names are plain, and another distribution may use one."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("contracts", "mock_server", "openapi", "webhook_sink")


def shadowed_packages(parts: Iterable[str] = PACKAGES) -> list[str]:
    """Return a sentence for each of `parts` that is shadowed by somebody else's package."""
    ours = Path(__file__).resolve().parent.parent
    sentences = []
    for part in parts:
        spec = find_spec(part)
        found = Path(spec.origin).resolve().parent.parent if spec and spec.origin else None
        if found != ours:
            sentences.append(
                f"the package {part!r} is taken from {found or 'nowhere'} and not from {ours}: "
                f"hookproof is an application, install it by itself (pipx, uvx or tox)"
            )
    return sentences
