"""Configuration file `hookproof.toml`: a table for each command, with its long options as keys.

An unknown table, key or value is an error with the file, the line and the rule.
"""

import os
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from hookproof import CONFIG_FILE_NAME
from hookproof.errors import CommandError
from hookproof.options import types
from hookproof.options.command import Credential, Secret, suggestion
from hookproof.options.config_values import convert_value

TABLES = ("mock", "sink", "verify", "verify-receiver", "load")
COMMAND_LINE_ONLY = frozenset({"config", "dry-run"})
"""Options that the file cannot have: with a dry run in the file, CI would always pass."""


def find_config_file(folder: Path) -> Path | None:
    """Return the configuration file in `folder` or its nearest parent, up to a repository root."""
    for place in (folder, *folder.parents):
        if (place / CONFIG_FILE_NAME).is_file():
            return place / CONFIG_FILE_NAME
        if (place / ".git").exists():
            return None
    return None


def config_keys(table: str) -> dict[str, click.Parameter]:
    """Return the parameters of the command `table` by their keys in the file."""
    variable = table.replace("-", "_")
    command: click.Command = getattr(import_module(f"hookproof.options.{variable}"), variable)
    named = {max(one.opts, key=len).removeprefix("--"): one for one in command.params}
    return {key: one for key, one in named.items() if key not in COMMAND_LINE_ONLY}


def read_defaults(path: Path, command: str) -> dict[str, object]:
    """Return the values for `command` from the file at `path`, by their names in click.

    The variable of a secret takes precedence over the file, for a list over its first item.
    `CommandError` for an invalid file.
    """
    text, data = _read_toml(path)
    for table, content in data.items():
        if table not in TABLES or not isinstance(content, dict):
            where = _position_of(path, text, table)
            hint = suggestion(table, TABLES)
            raise CommandError(f"{where}: {table!r} is not a table of this file; {hint}")
        known = config_keys(table)
        for key in content:
            if key not in known:
                where = _position_of(path, text, key, table)
                raise CommandError(
                    f"{where}: unknown key {key!r}; {suggestion(key, sorted(known))}"
                )
    result: dict[str, object] = {}
    known = config_keys(command)
    for key, value in data.get(command, {}).items():
        param = known[key]
        replaced = isinstance(param, Secret) and os.environ.get(str(param.envvar))
        rest = isinstance(value, list) and not isinstance(param, Credential)
        more = value[1:] if rest else []
        if replaced and not more:
            continue
        try:
            read = convert_value(param, more if replaced else value, path.parent)
        except ValueError as error:
            raise CommandError(
                f"{_position_of(path, text, key, command)}: {key}: {error}"
            ) from None
        result[str(param.name)] = ["", *read] if replaced else read
    return result


def _read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise CommandError(f"{path}: not TOML in UTF-8: {error}") from None


def _position_of(path: Path, text: str, key: str, table: str | None = None) -> str:
    """Return `path`, with the line of `key` in `table` if that is found."""
    word = rf"""["']?{re.escape(key)}["']?"""
    current = None
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"""\s*\[\s*["']?([\w-]+)""", line)
        current = head[1] if head else current
        if current == table and re.match(rf"\s*{word}\s*[=.]", line):
            return f"{path}:{number}"
        if table is None and head and head[1] == key:
            return f"{path}:{number}"
    return str(path)


def _read_config(ctx: click.Context, _: click.Parameter, given: Path | None) -> Path | None:
    """Make the file the defaults of the command; return its path."""
    if ctx.resilient_parsing:  # completion works with an invalid file too
        return None
    path = given or find_config_file(ctx.obj or Path.cwd())
    if path is not None:
        ctx.default_map = read_defaults(path, str(ctx.command.name))
    return path


config_option = click.option(
    "--config",
    type=types.FILE,
    is_eager=True,  # before the options whose defaults it has
    callback=_read_config,
    show_default="hookproof.toml in this directory or a parent",
    help="Configuration file.",
)
