"""Rule about resources: what an operation creates, and how it is recognised, is not in doubt."""

from collections.abc import Iterator

from openapi.linting.document import Fault, LintedDocument
from openapi.resources.derivation import find_doubts


def open_resources(document: LintedDocument) -> Iterator[Fault]:
    """Yield what the document leaves open about the resources that its operations create."""
    for doubt in find_doubts(document.contract):
        yield Fault(doubt.pointer, doubt.message, doubt.edit)
