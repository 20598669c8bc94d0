"""`hookproof deliveries`: query a running sink from the terminal and from scripts.

One module for each sub-command. HTTP requests to the sink belong in `webhook_sink.client`.
"""

import base64
import os
import sys
from types import SimpleNamespace

from hookproof.commands.deliveries import formatting
from hookproof.commands.deliveries.export import export_deliveries
from hookproof.commands.deliveries.list import follow_deliveries, list_deliveries
from hookproof.commands.deliveries.wait import wait_for_delivery
from hookproof.errors import CommandError
from hookproof.output import print_bytes, print_json, print_remark
from openapi.contract import Json
from webhook_sink.client import SinkClient, SinkError, SinkRefusal

DONE, NOT_DONE = 0, 1


def run_deliveries(options: SimpleNamespace) -> int:
    """Run the sub-command; return the exit code."""
    try:
        with SinkClient(options.sink, options.token) as sink:
            code = _run_action(sink, options)
            sys.stdout.flush()
            return code
    except SinkError as error:
        raise CommandError(str(error)) from None
    except BrokenPipeError:  # the reader closed the pipe, for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run_action(sink: SinkClient, options: SimpleNamespace) -> int:
    match options.action:
        case "list":
            (follow_deliveries if options.follow else list_deliveries)(sink, options)
        case "show":
            return _show(sink, options)
        case "wait":
            return _wait(sink, options)
        case "resend":
            return _resend(sink, options)
        case "export":
            export_deliveries(sink, options)
        case _:
            _clear(sink, options)
    return DONE


def _show(sink: SinkClient, options: SimpleNamespace) -> int:
    if options.to is not None and options.format not in ("curl", "test"):
        raise CommandError("--to needs --format curl or --format test")
    try:
        if options.format in ("curl", "test", "har"):
            copy = sink.copy(options.id, options.format, options.to)
            print_bytes(copy.removesuffix("\n").encode() + b"\n")
            return DONE
        data = sink.delivery(options.id)
    except SinkRefusal as error:
        return _report_not_found(error)
    if options.format == "body":
        print_bytes(base64.b64decode(data["body"]["base64"]))
    else:
        _print(data, options.json or options.format == "json")
    return DONE


def _wait(sink: SinkClient, options: SimpleNamespace) -> int:
    found = wait_for_delivery(sink, options)
    if found is None:
        return NOT_DONE
    _print(found, options.json)
    return DONE


def _resend(sink: SinkClient, options: SimpleNamespace) -> int:
    """Resend each delivery that exists; return 0 if every response is 2xx."""
    results: list[Json] = []
    for number in options.ids:
        try:
            forward = sink.resend(number, options.to)
        except SinkRefusal as error:
            _report_not_found(error)
            continue
        results.append(forward)
        if not options.json:
            print("\n".join(formatting.format_resend(number, forward)), flush=True)
    if options.json:
        print_json(results)
    good = [one for one in results if one["status"] is not None and 200 <= one["status"] <= 299]
    return DONE if len(good) == len(options.ids) else NOT_DONE


def _clear(sink: SinkClient, options: SimpleNamespace) -> None:
    if not options.yes:
        total = sink.page({"limit": 1})["total"]
        raise CommandError(f"this deletes all {total} deliveries: pass --yes")
    print(f"{sink.clear()} deleted")


def _print(data: Json, as_json: bool) -> None:
    if as_json:
        print_json(data)
    else:
        print("\n".join(formatting.format_delivery(data)))


def _report_not_found(error: SinkRefusal) -> int:
    """Report a delivery that does not exist; raise any other error again."""
    if error.status != 404:
        raise error
    print_remark(str(error))
    return NOT_DONE
