"""Run of Schemathesis whose webhooks are judged: settings, recorded calls, lines of the output."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import click
import schemathesis

from contracts.checks.secrets import redaction
from contracts.judgement import GroupedFinding
from contracts.model.errors import CouldNotJudge
from contracts.model.exchange import Failure, ReceivedResponse
from contracts.model.selection import Selection
from contracts.model.settings import Settings
from contracts.model.unique_values import RequestValues, new_run_id
from contracts.observed_run import (
    OBSERVED_CHECKS,
    ObservedOperation,
    ObservedOutcome,
    ObservedRun,
    SentRequest,
)
from hookproof.contract_loading import ContractFiles, load_webhook_contract
from hookproof.contract_url import ContractUrl, is_url, parse_contract_url
from hookproof.errors import CommandError
from hookproof.options import types
from openapi.contract import Contract

Case = schemathesis.Case[Any]
MAX_SHOWN_FINDINGS = 5
"""Maximum number of findings of one check in the output."""


@dataclass(frozen=True, slots=True)
class _Call:
    """Call of a case that has begun."""

    record: ObservedOperation
    values: RequestValues
    started: float


@dataclass(frozen=True, slots=True)
class _SentCase:
    """Case as it was sent."""

    case: Case
    headers: Mapping[str, str] = field(repr=False)
    verify: bool

    @property
    def curl(self) -> str:
        """Command that repeats the case, as Schemathesis prints it: without credentials."""
        return self.case.as_curl_command(headers=dict(self.headers), verify=self.verify)


class SchemathesisRun:
    """Run of Schemathesis, from the start of the listener to the findings."""

    def __init__(self, given: Mapping[str, Any], location: str, url: str) -> None:
        """Load the contract and listen; `given` has the options by name.

        `location` is the document that Schemathesis tests, `url` the base URL of the API. Raise
        `CommandError` if webhooks cannot be judged.
        """
        self._url = url
        self._is_strict = bool(given["strict"])
        self._stack = ExitStack()
        self._run: ObservedRun | None = None
        self._outcome: ObservedOutcome | None = None
        self._calls: dict[str, _Call] = {}
        """Calls that have begun, by the id of the case."""
        self._sent: dict[int, _SentCase] = {}
        """Cases by the number of the request."""
        self._has_positive_case = False
        """Whether an operation that triggers a webhook got a case of positive data."""
        contract = _contract(given["contract"] or location, given["overlay"])
        self._has_webhooks = bool(contract.events)
        if not self._has_webhooks:
            return
        settings = _settings(contract, given, url)
        run = ObservedRun(contract, settings, lambda line: click.echo(f"hookproof: {line}"))
        try:
            self._run = self._stack.enter_context(run)
        except CouldNotJudge as error:
            raise CommandError(_prefixed(str(error))) from None

    def close(self) -> None:
        """Stop listening."""
        self._stack.close()

    def before_call(self, case: Case) -> None:
        """Mark the body of `case` if its operation triggers a webhook, and note the start."""
        operation = case.operation
        record = None if self._run is None else self._run.triggering(operation.method, case.path)
        if self._run is None or record is None:
            return
        values = self._run.next_values()
        if case.method == record.operation.method and case.media_type is not None:
            marked = self._run.marked(record, case.media_type, case.body, values)
            if marked is not case.body:
                case.body = cast(Any, marked)
        self._calls[case.id] = _Call(record, values, time.time())

    def after_call(self, case: Case, response: schemathesis.Response) -> None:
        """Record the exchange."""
        headers = [(name, value) for name, all_ in response.headers.items() for value in all_]
        received = ReceivedResponse(response.status_code, tuple(headers), response.content)
        self._record(case, response.request, received, verify=response.verify)

    def after_network_error(self, case: Case, request: Any) -> None:
        """Record the request without a response."""
        self._record(case, request, Failure("lost", "there was no response"), verify=True)

    def _record(
        self,
        case: Case,
        request: Any,
        result: ReceivedResponse | Failure,
        *,
        verify: bool,
    ) -> None:
        call = self._calls.pop(case.id, None)
        if call is None or self._run is None:
            return
        body = request.body or b""
        sent = SentRequest(
            method=str(request.method),
            url=str(request.url),
            headers=tuple((str(name), _text(value)) for name, value in request.headers.items()),
            body=body.encode() if isinstance(body, str) else bytes(body),
            description=f"{case.method} {case.path}, test case {case.id}",
        )
        self._run.record(call.record, call.values, sent, result, call.started)
        self._sent[call.values.number] = _SentCase(case, dict(sent.headers), verify)
        meta = case.meta
        if meta is not None and meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
            self._has_positive_case = True

    def failure_lines(self) -> list[str]:
        """Wait for the webhooks; return a line for each violation, and the command of its case."""
        if self._run is None:
            return []
        try:
            outcome = self._outcome = self._run.outcome()
        except CouldNotJudge as error:
            return [_prefixed(str(error))]
        lines, shown = [*outcome.crashes], Counter[str]()
        for found in outcome.findings:
            if found.finding.severity == "violation" or self._is_strict:
                shown[found.finding.check] += 1
                if shown[found.finding.check] <= MAX_SHOWN_FINDINGS:
                    lines += self._finding_lines(outcome, found)
        lines += [
            f"{check}: {count - MAX_SHOWN_FINDINGS} more findings"
            for check, count in shown.items()
            if count > MAX_SHOWN_FINDINGS
        ]
        return lines or self._silence_lines(outcome)

    def _finding_lines(self, outcome: ObservedOutcome, found: GroupedFinding) -> list[str]:
        redact = redaction(outcome.ledger)
        exchange = outcome.exchange_of(found)
        sent = None if exchange is None else self._sent.get(exchange.request.number)
        command = [] if sent is None else ["", f"    {redact(sent.curl)}", ""]
        return [redact(_sentence(found)), *command]

    def _silence_lines(self, outcome: ObservedOutcome) -> list[str]:
        """Return a sentence if valid requests were sent and none of them triggered a webhook."""
        if outcome.triggers or outcome.events or not self._has_positive_case:
            return []
        exchanges = outcome.ledger.exchanges
        statuses = sorted({str(one.status) for one in exchanges if one.status is not None})
        return [
            "no webhook was judged: no response triggers one; the API replied "
            f"{', '.join(statuses) or 'nothing'} to {len(exchanges)} requests: "
            "check URL and credential"
        ]

    def summary_lines(self) -> list[str]:
        """Return the lines of the summary: events, warnings, and what else `verify` checks."""
        if not self._has_webhooks:
            return ["", "hookproof: the document has no webhooks: there is nothing to judge"]
        outcome = self._outcome
        if outcome is None:
            return ["", "hookproof: the run stopped early: it judged no webhook"]
        redact = redaction(outcome.ledger)
        counts = f"{outcome.triggers} responses trigger webhooks, {outcome.events} events matched"
        warnings = [f for f in outcome.findings if f.finding.severity == "warning"]
        return [
            "",
            f"hookproof: {counts}",
            *(f"hookproof: warning {redact(_sentence(found))}" for found in warnings),
            f"hookproof: `hookproof verify {self._url}` checks more: retries of failed deliveries, "
            "leaked secrets, permissions, duplicates",
        ]


def _contract(location: str, overlays: Sequence[str]) -> Contract:
    try:
        document: Path | ContractUrl = (
            parse_contract_url(location) if is_url(location) else Path(location)
        )
    except ValueError as error:
        raise CommandError(f"{error} and pass --hookproof-contract FILE") from None
    return load_webhook_contract(ContractFiles(document, tuple(map(Path, overlays))))


def _settings(contract: Contract, given: Mapping[str, Any], url: str) -> Settings:
    """Return the settings of the options; raise `CommandError` for a wrong or missing one."""
    if not given["webhook_secret"] and any(event.signature for event in contract.events):
        raise CommandError(
            "the webhooks of the document are signed, and no secret was given: set "
            "HOOKPROOF_WEBHOOK_SECRET, or pass --exclude-checks HookproofWebhooks"
        )
    unknown = [name for name in given["skip"] if name not in OBSERVED_CHECKS]
    if unknown:
        known = ", ".join(OBSERVED_CHECKS)
        raise CommandError(f"--hookproof-skip {unknown[0]}: no such check; known: {known}")
    host, port = _parsed("webhook_listen", types.parse_address, given)
    return Settings(
        url=url,
        run_id=new_run_id(),
        seed=0,
        webhook_host=host,
        webhook_port=port,
        webhook_secret=given["webhook_secret"] or None,
        webhook_deadline=_parsed("webhook_deadline", types.parse_seconds, given),
        sink_url=_parsed("sink", types.parse_url, given),
        sink_token=given["sink_token"] or None,
        selection=Selection(skip=tuple(given["skip"])),
    )


def _parsed(name: str, parse: Callable[[str], Any], given: Mapping[str, Any]) -> Any:
    """Return the value of an option, None without one; raise `CommandError` with its name."""
    if given[name] is None:
        return None
    try:
        return parse(str(given[name]))
    except ValueError as error:
        raise CommandError(f"--hookproof-{name.replace('_', '-')}: {error}") from None


def _sentence(found: GroupedFinding) -> str:
    finding = found.finding
    share = f" ({finding.count} of {finding.tried} cases)" if finding.tried > 1 else ""
    return f"{finding.check}: {_prefixed(finding.located_message)}{share}"


def _prefixed(message: str) -> str:
    """Return `message` with the names that the options of `hookproof verify` have here."""
    for name in ("webhook-", "sink"):
        message = message.replace(f" --{name}", f" --hookproof-{name}")
        message = message.replace(f"(--{name}", f"(--hookproof-{name}")
    return message


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
