"""Commands of the command line, and their options without a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import click

from hookproof.cli import command_line
from hookproof.options.command import parse_options, usage_error


def contexts() -> dict[str, click.Context]:
    """Return a context of each command and of each of its actions, by name; "" is the top."""
    top = click.Context(command_line, info_name="hookproof", **command_line.context_settings)
    return {"": top, **dict(_below(top, ""))}


def _below(context: click.Context, before: str) -> Iterator[tuple[str, click.Context]]:
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, context, name)
        yield before + name, inner
        yield from _below(inner, f"{before}{name} ")


def option_names(context: click.Context) -> list[str]:
    """Return every name of every option of a command, `--help` too."""
    params = context.command.get_params(context)
    return [name for one in params if isinstance(one, click.Option) for name in one.opts]


def parse_command_line(arguments: Sequence[str], folder: Path | None = None) -> SimpleNamespace:
    """Return the options of a whole command line; `CommandError` for a wrong one."""
    command: click.Command = command_line
    context, rest = contexts()[""], list(arguments)
    try:
        while isinstance(command, click.Group):
            _, found, rest = command.resolve_command(context, rest)
            assert found is not None
            command = found
    except click.UsageError as error:
        raise usage_error(error) from None
    return parse_options(command, rest, folder)
