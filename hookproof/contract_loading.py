"""Load the contract that the options name, and check the webhook secrets against it."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from hookproof.contract_url import ContractUrl, fetched
from hookproof.errors import CommandError
from hookproof.output import print_remark
from openapi.complaint import ContractError, summarize_errors
from openapi.contract import Contract
from openapi.loading.document_source import DocumentText
from openapi.loading.loader import load_contract
from openapi.operation_selection import OperationSelection
from openapi.security import check_credentials

StatedContract = Path | ContractUrl | DocumentText | None
"""Value of a contract option, or a document that is fetched already; None: the shipped one."""


def load_contract_option(path: StatedContract) -> Contract:
    """Return the contract at `path`, for a command that needs operations.

    Print in one line how many errors leave out a part of it. Raise `CommandError` if it cannot be
    loaded or has no operation.
    """
    contract = load_contract_silently(path)
    errors = summarize_errors(contract.complaints)
    if contract.operations:
        _print_errors(path, errors)
        return contract
    if errors:
        raise CommandError(f"{path}: nothing to do without an operation: {errors}; {_lint(path)}")
    raise CommandError(f"{path}: nothing to do: the document has no operation below `paths`")


def load_webhook_contract(path: StatedContract) -> Contract:
    """Return the contract at `path`, as above, for a command that needs no operation."""
    contract = load_contract_silently(path)
    _print_errors(path, summarize_errors(contract.complaints))
    return contract


def load_contract_silently(path: StatedContract) -> Contract:
    """Return the contract at `path`, in a process whose parent has printed its errors."""
    try:
        return load_contract(fetched(path))
    except ContractError as error:
        raise CommandError(str(error)) from None


def _print_errors(path: StatedContract, errors: str) -> None:
    if errors:
        print_remark(f"{path}: {errors}; {_lint(path)}")


def _lint(path: StatedContract) -> str:
    return f"run hookproof lint {shlex.quote(str(path))}"


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
    path: StatedContract, selection: OperationSelection, *, silently: bool = False
) -> Contract:
    """Return the contract at `path` with the selected operations."""
    load = load_contract_silently if silently else load_contract_option
    return select_operations(load(path), selection)


def check_given_credentials(contract: Contract, given: Sequence[tuple[str, str]]) -> None:
    """Raise `CommandError` for a credential that the contract has no scheme for."""
    try:
        check_credentials(contract.document, given)
    except ValueError as error:
        raise CommandError(f"--credential: {error}") from None


def check_webhook_secret(contract: Contract, secret: str) -> str:
    """Return `secret`; `CommandError` if a signature scheme of the contract cannot use it."""
    complaint = contract.secret_problem(secret)
    if complaint is not None:
        raise CommandError(f"{complaint}; pass --webhook-secret or HOOKPROOF_WEBHOOK_SECRET")
    return secret


def check_webhook_secrets(contract: Contract, given: Sequence[str]) -> tuple[str, ...]:
    """Return the secrets without duplicates and empty ones, each checked as above.

    The message has the number of the wrong secret if there are several.
    """
    secrets = tuple(dict.fromkeys(secret for secret in given if secret))
    for number, secret in enumerate(secrets, 1):
        try:
            check_webhook_secret(contract, secret)
        except CommandError as error:
            which = f"secret {number} of {len(secrets)}: " if len(secrets) > 1 else ""
            raise CommandError(f"{which}{error}") from None
    return secrets
