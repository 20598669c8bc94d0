"""Options of `hookproof deliveries`."""

from types import SimpleNamespace
from typing import Any

import click

from hookproof.options import types
from hookproof.options.command import Group, options, token
from openapi.json_pointer import check_pointer

VERDICTS = ("conforms", "warning", "violation")
SIGNATURES = ("valid", "invalid", "missing", "other-scheme", "unchecked")
_FILTER_NAMES = ("event", "verdict", "signature", "path", "text")


def _parse_text(text: str) -> str:
    """Read text that a URL or JSON can carry: valid UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!a} is not UTF-8") from None
    return text


def _parse_payload_condition(text: str) -> tuple[str, str]:
    pointer, equals, value = text.partition("=")
    check_pointer(pointer)
    if not equals:
        raise ValueError(f"{text!r} has no value; write {text}=VALUE")
    return pointer, value


def _parse_delivery_id(text: str) -> int:
    """Read an id; empty text is 0, because `list --ids` prints nothing without a delivery."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValueError(f"{text!r} is not a delivery id")
    return int(text or 0)


def _text(metavar: str) -> types.Value:
    return types.Value(metavar, _parse_text)


sink_options = options(
    click.option(
        "--sink",
        type=types.URL,
        envvar="HOOKPROOF_SINK",
        show_envvar=True,
        default="http://127.0.0.1:4020",
        help="URL of the sink.",
    ),
    token("--token", "HOOKPROOF_SINK_TOKEN", "Token of the sink, if it requires one."),
)
json_option = click.option("--json", is_flag=True, help="Print JSON as the sink's API returns it.")
filter_options = options(
    click.option(
        "--event",
        type=_text("NAME"),
        help="Only this event; -: deliveries without a known event.",
    ),
    click.option("--verdict", type=click.Choice(VERDICTS), help="Only this verdict."),
    click.option("--signature", type=click.Choice(SIGNATURES), help="Only this signature status."),
    click.option(
        "--path", type=_text("PATH"), help="Only this path; a * at the end matches any suffix."
    ),
    click.option(
        "--text",
        type=_text("TEXT"),
        help="Only deliveries with this text in target, headers or body.",
    ),
)


def _run(action: str, **given: Any) -> int:
    from hookproof.commands.deliveries import run_deliveries

    # Parameters of the sink's API; None allows any value.
    filters = {name: given.get(name) or None for name in _FILTER_NAMES}
    return run_deliveries(SimpleNamespace(action=action, filters=filters, **given))


@click.group(cls=Group)
def deliveries() -> None:
    """Query a running sink."""


@deliveries.command("list")
@sink_options
@json_option
@filter_options
@click.option("--limit", type=types.COUNT, default=20, help="Maximum number of deliveries.")
@click.option("--ids", is_flag=True, help="Print only ids, one per line.")
@click.option(
    "--follow", is_flag=True, help="List oldest first, then print new deliveries until Ctrl-C."
)
def list_(**options: Any) -> int:
    """List deliveries, newest first."""
    return _run("list", **options)


@deliveries.command()
@sink_options
@json_option
@click.argument("id", type=types.COUNT)
@click.option(
    "--format",
    type=click.Choice(("curl", "test", "har", "json", "body")),
    show_default="text",
    help="Format: curl line, pytest test, HAR entry, JSON, or the raw body.",
)
@click.option(
    "--to",
    type=_text("URL"),
    show_default="the sink",
    help="Target URL of the curl line or test.",
)
def show(**options: Any) -> int:
    """Show one delivery."""
    return _run("show", **options)


@deliveries.command()
@sink_options
@json_option
@filter_options
@click.option(
    "--where",
    type=types.Value("POINTER=VALUE", _parse_payload_condition),
    multiple=True,
    help="Only deliveries with this value in the payload, such as /data/name=shop (repeatable).",
)
@click.option("--timeout", type=types.SECONDS, default="30", help="Maximum time to wait.")
@click.option(
    "--after",
    type=types.Value("ID", _parse_delivery_id),
    help="Only deliveries after this id; not with --from.",
)
@click.option(
    "--from",
    "begin",
    type=click.Choice(("start", "now")),
    show_default="start",
    help="Wait for stored and new deliveries, or (now) only for new ones.",
)
@click.pass_context
def wait(ctx: click.Context, /, **options: Any) -> int:
    """Wait for a matching delivery."""
    if options["after"] is not None and options["begin"] is not None:
        ctx.fail("--from is not allowed with --after: remove one of them")
    return _run("wait", **options)


@deliveries.command()
@sink_options
@json_option
@click.argument("ids", metavar="ID...", type=types.COUNT, nargs=-1, required=True)
@click.option(
    "--to",
    type=_text("URL"),
    required=True,
    help="Target URL; the sink must allow it (--resend-to).",
)
def resend(**options: Any) -> int:
    """Resend deliveries unchanged."""
    return _run("resend", **options)


@deliveries.command()
@sink_options
@filter_options
@click.option(
    "--format",
    type=click.Choice(("jsonl", "har")),
    default="jsonl",
    help="Format: jsonl has one delivery per line, har is the HTTP Archive format.",
)
@click.option(
    "--output",
    type=types.FILE,
    show_default="stdout",
    help="Write to this file atomically.",
)
def export(**options: Any) -> int:
    """Export deliveries."""
    return _run("export", **options)


@deliveries.command()
@sink_options
@click.option("--yes", is_flag=True, help="Confirm the deletion.")
def clear(**options: Any) -> int:
    """Delete all deliveries."""
    return _run("clear", **options)
