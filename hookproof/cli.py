"""Entry point of the command `hookproof`: import the command that the command line names, run it.

Results go to stdout, progress and logs to stderr. For a wrong option, a port in use, an invalid
contract or an unreachable URL the command prints one sentence on stderr and exits with 2.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from hookproof.errors import EXIT_ERROR, EXIT_INTERRUPTED, CommandError
from hookproof.interrupts import interrupts_end_the_process
from hookproof.options.command import Group, usage_error
from hookproof.shadowing import shadowed_packages

COMMANDS = ("mock", "sink", "deliveries", "signature", "trigger", "verify", "verify-receiver",
            "load", "lint", "init", "demo", "token", "faults", "selftest")  # fmt: skip
"""Names of the commands, and of their modules in `hookproof.options`, in the order of the help."""


class _Commands(Group):
    """Group of all commands; it imports a command when it is used."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        with interrupts_end_the_process():
            variable = name.replace("-", "_")
            module = import_module(f"hookproof.options.{variable}")
        command: click.Command = getattr(module, variable)
        return command


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"hookproof {version('hookproof')}")
        except PackageNotFoundError:
            print("hookproof of a checkout that is not installed")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def command_line() -> None:
    """Mock server, webhook sink and contract test harness for one OpenAPI contract."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (None: those of the process); return the exit code."""
    shadowed = shadowed_packages()
    if shadowed:
        print(f"hookproof: {shadowed[0]}", file=sys.stderr)
        return EXIT_ERROR
    try:
        return command_line.main(arguments, "hookproof", standalone_mode=False) or 0
    except click.UsageError as error:
        print(f"hookproof: {usage_error(error)}", file=sys.stderr)
        return EXIT_ERROR
    except CommandError as error:
        print(f"hookproof: {error}", file=sys.stderr)
        return EXIT_ERROR
    except click.Abort:
        print("hookproof: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
