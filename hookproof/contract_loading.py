"""Load the contract that the options name, and check the webhook secrets against it."""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

from hookproof.contract_url import ContractUrl, fetched
from hookproof.errors import CommandError
from hookproof.output import print_remark
from openapi.complaint import ContractError, summarize_errors
from openapi.contract import Contract
from openapi.loading.loader import default_contract_path, empty_contract, load_contract
from openapi.operation_selection import OperationSelection
from openapi.parsing.document_source import DocumentText
from openapi.security import check_credentials
from openapi.signatures.missing_extra import EXTRA
from openapi.signatures.registry import SCHEMES

StatedContract = Path | ContractUrl | DocumentText | None
"""Value of a contract option, or a document that is fetched already; None: the shipped one."""


@dataclass(frozen=True, slots=True)
class ContractFiles:
    """Document and overlays of a contract."""

    document: StatedContract
    overlays: tuple[Path, ...] = ()
    """Overlays, in the order of their application."""

    @property
    def fetched(self) -> "ContractFiles":
        """The same with the document of a URL, for several processes; raise `CommandError`."""
        return replace(self, document=fetched(self.document))

    @property
    def watched(self) -> Path | DocumentText:
        """Document for a mock, which watches it if it is a file; it is fetched already."""
        assert not isinstance(self.document, ContractUrl)
        return self.document or default_contract_path()

    @property
    def shown(self) -> str:
        """Document as a message names it."""
        return "the shipped contract" if self.document is None else str(self.document)

    @property
    def lint_command(self) -> str:
        """Command that prints all complaints."""
        document = [] if self.document is None else [str(self.document)]
        overlays = [part for path in self.overlays for part in ("--overlay", str(path))]
        return shlex.join(["hookproof", "lint", *document, *overlays])


def contract_files(options: SimpleNamespace) -> ContractFiles:
    """Return the files that `--contract` and `--overlay` name."""
    return ContractFiles(options.contract, tuple(options.overlay))


def load_contract_option(files: ContractFiles) -> Contract:
    """Return the contract for a command that needs operations.

    Print in one line how many errors leave out a part of it. Raise `CommandError` if it cannot be
    loaded or has no operation.
    """
    contract = load_contract_silently(files)
    if contract.operations:
        _print_complaints(files, contract)
        return contract
    errors = summarize_errors(contract.complaints)
    if errors:
        hint = f"{errors}; run {files.lint_command}"
        raise CommandError(f"{files.shown}: nothing to do without an operation: {hint}")
    raise CommandError(f"{files.shown}: nothing to do: the document has no operation below `paths`")


def load_webhook_contract(files: ContractFiles) -> Contract:
    """Return the contract, as above, for a command that needs no operation."""
    contract = load_contract_silently(files)
    _print_complaints(files, contract)
    return contract


def load_delivery_contract(options: SimpleNamespace) -> Contract:
    """Return the contract of a sink: that of the options, or one without events.

    `--signature` replaces its signature schemes.
    """
    if options.no_contract:
        contract = empty_contract()
    else:
        contract = load_webhook_contract(contract_files(options))
    return contract.with_signature(SCHEMES[options.scheme]) if options.scheme else contract


def load_contract_silently(files: ContractFiles) -> Contract:
    """Return the contract, in a process whose parent has printed its errors."""
    try:
        return load_contract(fetched(files.document), files.overlays)
    except ContractError as error:
        raise CommandError(str(error)) from None


def _print_complaints(files: ContractFiles, contract: Contract) -> None:
    """Print the number of errors, and of overlay targets that select nothing: they do nothing."""
    errors = summarize_errors(contract.complaints)
    if errors:
        print_remark(f"{files.shown}: {errors}; run {files.lint_command}")
    idle = Counter(o.overlay for o in contract.complaints if o.rule == "overlay-target")
    for number, count in sorted(idle.items()):
        text = "1 target selects" if count == 1 else f"{count} targets select"
        print_remark(f"{files.overlays[number - 1]}: {text} nothing; run {files.lint_command}")


def operation_selection(options: SimpleNamespace) -> OperationSelection:
    """Return the operations that the options of `mock` or `verify` select."""
    return OperationSelection(tuple(options.operation), tuple(options.exclude_operation))


def select_operations(contract: Contract, selection: OperationSelection) -> Contract:
    """Return `contract` with the selected operations; `CommandError` if a value matches none."""
    try:
        return selection.apply(contract)
    except ValueError as error:
        raise CommandError(str(error)) from None


def load_selected_contract(
    files: ContractFiles, selection: OperationSelection, *, silently: bool = False
) -> Contract:
    """Return the contract with the selected operations."""
    load = load_contract_silently if silently else load_contract_option
    return select_operations(load(files), selection)


def check_given_credentials(contract: Contract, given: Sequence[tuple[str, str]]) -> None:
    """Raise `CommandError` for a credential that the contract has no scheme for."""
    try:
        check_credentials(contract.document, given)
    except ValueError as error:
        raise CommandError(f"--credential: {error}") from None


def with_public_url(contract: Contract, url: str | None) -> Contract:
    """Return the contract with the URL of `--public-url`; `CommandError` if nothing signs a URL."""
    if url is not None and not contract.signs_url:
        raise CommandError(
            "--public-url: no signature scheme of the contract covers the URL: remove the option"
        )
    return contract.with_public_url(url or "")


def check_webhook_secret(contract: Contract, secret: str, *, signs: bool = False) -> str:
    """Return `secret`; `CommandError` if a signature scheme of the contract cannot use it.

    `signs`: the secret must sign too, which a public key cannot.
    """
    complaint = contract.secret_problem(secret, signs=signs)
    if complaint is not None:
        if complaint.endswith(EXTRA):
            raise CommandError(complaint)
        raise CommandError(f"{complaint}; pass --webhook-secret or HOOKPROOF_WEBHOOK_SECRET")
    return secret


def check_webhook_secrets(
    contract: Contract, given: Sequence[str], *, signs: bool = False
) -> tuple[str, ...]:
    """Return the secrets without duplicates and empty ones, each checked as above.

    The message has the number of the wrong secret if there are several.
    """
    secrets = tuple(dict.fromkeys(secret for secret in given if secret))
    for number, secret in enumerate(secrets, 1):
        try:
            check_webhook_secret(contract, secret, signs=signs)
        except CommandError as error:
            which = f"secret {number} of {len(secrets)}: " if len(secrets) > 1 else ""
            raise CommandError(f"{which}{error}") from None
    return secrets
