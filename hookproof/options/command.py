"""Building blocks of the command line: groups, secrets, and options of several commands."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from hookproof.errors import CommandError
from hookproof.options import types

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
"""Variable of the environment in the configuration file."""
Function = TypeVar("Function", bound=Callable[..., Any])


class Group(click.Group):
    """Group that suggests a similar command for an unknown one."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.no_args_is_help = False  # a missing command is an error like others

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return name, command and its arguments; `UsageError` for an unknown command."""
        known = self.list_commands(ctx)
        if not (args[0] in known or args[0].startswith("-") or ctx.resilient_parsing):
            ctx.fail(f"No such command {args[0]!r}; {suggestion(args[0], known)}")
        return super().resolve_command(ctx, args)


class Secret(click.Option):
    """Option of a token or secret, with a variable; an empty value counts as not given."""

    @property
    def file_example(self) -> str:
        """Return the text to write in the file instead of a secret."""
        return f"${{{self.envvar}}}"

    def is_reference(self, raw: str) -> bool:
        """Return whether a text of the file is a variable and not a secret."""
        return VARIABLE.fullmatch(raw) is not None

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Return value and source; the variable replaces an empty value, of several the first."""
        given = {name: value for name, value in opts.items() if value != ""}
        several = given.get(str(self.name))
        texts = several if isinstance(several, list) else [several]
        if any(isinstance(text, str) and text.startswith("--") for text in texts):
            raise click.BadParameter("it begins like an option, so its value is missing", ctx, self)
        if isinstance(several, list) and not several[0]:
            several[0] = self.resolve_envvar_value(ctx) or ""
        return super().consume_value(ctx, given)

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Return the whole variable; of several secrets in the file it replaces the first."""
        value = self.resolve_envvar_value(ctx)
        if value is None or not self.multiple:
            return value
        stated = ctx.lookup_default(str(self.name))
        return [value, *(stated[1:] if isinstance(stated, list) else ())]

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """Return the converted value, None for an empty one."""
        return super().process_value(ctx, value) or (() if self.multiple else None)


def secret(
    name: str, variable: str, text: str, *aliases: str, **settings: Any
) -> Callable[[Function], Function]:
    """Add a `Secret`, which the environment variable `variable` replaces."""
    shown = {"envvar": variable, "show_envvar": True, "metavar": "S", "help": text}
    return click.option(name, *aliases, cls=Secret, **{**shown, **settings})


def token(name: str, variable: str, text: str, **settings: Any) -> Callable[[Function], Function]:
    """Add a `Secret` that is sent in a header."""
    return secret(name, variable, text, type=types.TOKEN, metavar="T", **settings)


class Credential(Secret):
    """Option of credentials for security schemes; its variable replaces those of the file."""

    file_example = "SCHEME=${NAME}"

    def is_reference(self, raw: str) -> bool:
        """Return whether a text of the file names the scheme, and for HTTP Basic the user."""
        return _CREDENTIAL_REFERENCE.fullmatch(raw) is not None

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Return values and source; without a value that is not empty, those of the variable."""
        name = str(self.name)
        texts = [text for text in opts.get(name) or () if text]
        others = {key: value for key, value in opts.items() if key != name}
        return super().consume_value(ctx, {**others, name: texts} if texts else others)

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Return the credentials of the variable."""
        return click.Option.value_from_envvar(self, ctx)


_VARIABLE = r"\$\{\w+\}"
_CREDENTIAL_REFERENCE = re.compile(
    # The key of some services is the user of HTTP Basic, with an empty password.
    rf"([^=${{}}]+=(([^:${{}}]*|{_VARIABLE}):)?)?{_VARIABLE}|[^=${{}}]+={_VARIABLE}:",
    re.ASCII,
)


def credential(text: str, **settings: Any) -> Callable[[Function], Function]:
    """Add the option of credentials for security schemes."""
    return click.option(
        "--credential",
        cls=Credential,
        type=types.CREDENTIAL,
        multiple=True,
        envvar="HOOKPROOF_CREDENTIAL",
        show_envvar=True,
        help=text,
        **settings,
    )


public_url = partial(
    click.option,
    "--public-url",
    type=types.URL,
    show_default="by the Host header of each delivery",
    help="URL by which senders reach the receiver, for signatures that cover the URL.",
)
webhook_secret = partial(secret, "--webhook-secret", "HOOKPROOF_WEBHOOK_SECRET")
jwt_secret = partial(
    secret, "--jwt-secret", "HOOKPROOF_JWT_SECRET", show_default="a published secret"
)


def seed_option(text: str) -> Callable[[Function], Function]:
    """Add the option of a seed."""
    return click.option("--seed", type=int, metavar="N", show_default="random", help=text)


def options(*added: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """Return a decorator that adds options in the order of the help."""

    def add(function: Function) -> Function:
        for option in reversed(added):
            function = option(function)
        return function

    return add


overlay_option = click.option(
    "--overlay",
    type=types.FILE,
    multiple=True,
    envvar="HOOKPROOF_OVERLAY",
    show_envvar=True,
    help="Apply this OpenAPI overlay to the contract (repeatable, in order).",
)
contract_options = options(
    click.option(
        "--contract",
        type=types.CONTRACT,
        show_default="the shipped contract",
        help="Contract: a file, or a URL on loopback.",
    ),
    overlay_option,
)

contract_or_none_options = options(
    contract_options,
    click.option(
        "--no-contract",
        is_flag=True,
        help="Take deliveries of any kind; the contract options do nothing.",
    ),
)


def signature_option(name: str, text: str) -> Callable[[Function], Function]:
    """Add the option that names a signature scheme."""
    return click.option(
        name,
        "scheme",
        type=types.SCHEME,
        show_default="the scheme of the contract",
        help=text,
    )


def operation_options(verb: str) -> Callable[[Function], Function]:
    """Add the options that select operations; `verb` says what the command does with one."""
    return options(
        click.option(
            "--operation",
            type=types.OPERATION,
            multiple=True,
            envvar="HOOKPROOF_OPERATION",
            show_envvar=True,
            show_default="all",
            help=f"{verb} only this operation: id, method, path, pattern (repeatable).",
        ),
        click.option(
            "--exclude-operation",
            type=types.OPERATION,
            multiple=True,
            envvar="HOOKPROOF_EXCLUDE_OPERATION",
            show_envvar=True,
            help="Leave out this operation (repeatable).",
        ),
    )


def verdict_options(judged: str) -> Callable[[Function], Function]:
    """Add the options of verdict and reports; `judged` is what a run judges."""
    return options(
        click.option(
            "--baseline",
            type=types.FILE,
            help="File of accepted findings; they do not fail the run.",
        ),
        click.option("--strict", is_flag=True, help="Treat warnings as violations."),
        click.option("--require-decided", is_flag=True, help=f"Exit 2 if a {judged} is undecided."),
        click.option(
            "--report-dir",
            type=types.DIRECTORY,
            metavar="DIR",
            default="hookproof-report",
            help="Directory of the reports.",
        ),
    )


def server_options(port: int) -> Callable[[Function], Function]:
    """Add the options of a server with this default port."""
    return options(
        click.option("--host", metavar="HOST", default="127.0.0.1", help="Address to listen on."),
        click.option(
            "--port", type=types.PORT, default=port, help="Port to listen on; 0: a free port."
        ),
        click.option(
            "--ready-file",
            type=types.FILE,
            help="Write url and pid as JSON to this file when the server is ready.",
        ),
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a hint for a wrong word: the most similar known one, or all."""
    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def usage_error(error: click.UsageError) -> CommandError:
    """Return the error of the command line as one sentence with the command that explains it."""
    sentence = " ".join(error.format_message().split()).rstrip(".")
    command = f"{error.ctx.command_path} " if error.ctx else ""
    return CommandError(f"{sentence} (see {command}--help)")


def parse_options(
    command: click.Command, arguments: Sequence[str], folder: Path | None = None
) -> SimpleNamespace:
    """Return the options of `command` without running it; `CommandError` for a wrong one.

    `folder`: where to look for the configuration file; None: the working directory.
    """
    try:
        context = command.make_context(f"hookproof {command.name}", list(arguments), obj=folder)
    except click.UsageError as error:
        raise usage_error(error) from None
    return SimpleNamespace(**context.params)
