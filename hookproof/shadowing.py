"""Detection of shadowed packages: their names are general, another distribution may use one."""

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
                f"the package {package!r} is taken from {found or 'nowhere'} and not from {ours}: "
                f"hookproof is an application, install it by itself (pipx, uvx or tox)"
            )
    return sentences
