"""Detection of shadowed packages: another distribution may use one of their general names."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("contracts", "mock_server", "openapi", "webhook_sink")


def shadowed_packages(packages: Iterable[str] = PACKAGES) -> list[str]:
    """Return a sentence for each package that another distribution shadows."""
    ours = Path(__file__).resolve().parent.parent
    sentences = []
    for package in packages:
        spec = find_spec(package)
        found = Path(spec.origin).resolve().parent.parent if spec and spec.origin else None
        if found != ours:
            sentences.append(
                f"Python imports the package {package!r} from {found or 'nowhere'}, not from "
                f"{ours}: install hookproof in a separate environment (pipx, uvx or tox)"
            )
    return sentences
