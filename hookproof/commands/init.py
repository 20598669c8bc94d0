"""`hookproof init`: write an overlay with guesses about the webhooks of a document."""

import os
import shlex
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from hookproof.contract_loading import ContractFiles, load_contract_silently
from hookproof.contract_url import ContractUrl
from hookproof.errors import CommandError
from hookproof.reports.wording import pluralize
from openapi.drafting.draft import draft_overlay
from openapi.drafting.overlay_text import overlay_text


def run_init(options: SimpleNamespace) -> int:
    """Write the overlay, and print what it has and what to do next; return the exit code."""
    document: Path | ContractUrl = options.document
    contract = load_contract_silently(ContractFiles(document))
    draft = draft_overlay(contract)
    if not (draft.actions or draft.todos):
        raise CommandError(f"{document}: nothing to add: it has no webhook without a trigger")
    path = options.output or _default_path(document)
    extends = str(document)
    if isinstance(document, Path):
        extends = Path(os.path.relpath(document, path.parent)).as_posix()
    text = overlay_text(contract.document["info"]["title"], extends, draft)
    try:
        with path.open("w" if options.force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(f"{path} exists: pass --force to overwrite it") from None
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}") from None
    triggers = pluralize(draft.trigger_count, "webhook")
    print(f"wrote {path}: {triggers} with a trigger, {pluralize(draft.todo_count, 'TODO')}")
    files = f"--contract {shlex.quote(str(document))} --overlay {shlex.quote(str(path))}"
    print(f"next: read it, then hookproof verify {files} URL")
    return 0


def _default_path(document: Path | ContractUrl) -> Path:
    """Return the file beside the document; for a URL, in the working directory."""
    if isinstance(document, Path):
        return document.with_name(f"{document.stem}.overlay.yaml")
    name = urlsplit(str(document)).path.rpartition("/")[2] or "openapi"
    return Path(f"{Path(name).stem}.overlay.yaml")
