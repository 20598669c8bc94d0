"""Configuration file `hookproof.toml`: a table for each command, with its long options as keys.

An unknown table, key or value is an error with the file, the line and the rule.
"""

import argparse
import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from hookproof.errors import CommandError
from hookproof.options.config_values import SECRET_KEYS, convert_value

CONFIG_FILE_NAME = "hookproof.toml"
COMMAND_LINE_ONLY = frozenset({"help", "config", "dry-run"})
"""Options that the file cannot have: with a dry run in the file, CI would always pass."""


def find_config_file(folder: Path) -> Path | None:
    """Return the configuration file in `folder` or its nearest parent, up to a repository root."""
    for place in (folder, *folder.parents):
        if (place / CONFIG_FILE_NAME).is_file():
            return place / CONFIG_FILE_NAME
        if (place / ".git").exists():
            return None
    return None


def config_keys(command: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """Return the options of `command` by their keys; none if it has no `--config`."""
    named = {
        max(action.option_strings, key=len, default=action.dest).removeprefix("--"): action
        for action in command._actions
    }
    if "config" not in named:
        return {}
    return {key: action for key, action in named.items() if key not in COMMAND_LINE_ONLY}


def read_defaults(
    path: Path,
    command: str,
    commands: Mapping[str, argparse.ArgumentParser],
    environment: Mapping[str, str],
) -> dict[str, object]:
    """Return the option values for `command` from the file at `path`, by their `dest`.

    The environment variable of a secret takes precedence over the file, for a list over its first
    item. `CommandError` for an invalid file.
    """
    text, data = _read_toml(path)
    known = {name: named for name, parser in commands.items() if (named := config_keys(parser))}
    for table, content in data.items():
        if table not in known or not isinstance(content, dict):
            where = _position_of(path, text, table)
            raise CommandError(
                f"{where}: {table!r} is not a table of this file; {_suggestion(table, known)}"
            )
        for key in content:
            if key not in known[table]:
                where = _position_of(path, text, key, table)
                raise CommandError(
                    f"{where}: unknown key {key!r}; {_suggestion(key, known[table])}"
                )
    result: dict[str, object] = {}
    for key, value in data.get(command, {}).items():
        action = known[command][key]
        given = key in SECRET_KEYS and environment.get(f"HOOKPROOF_{key.upper().replace('-', '_')}")
        more = value[1:] if isinstance(value, list) else []
        if given and not more:
            continue
        try:
            read = convert_value(key, more if given else value, action, path.parent, environment)
            result[action.dest] = ["", *cast(list[object], read)] if given else read
        except argparse.ArgumentTypeError as error:
            raise CommandError(
                f"{_position_of(path, text, key, command)}: {key}: {error}"
            ) from None
    return result


def _read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise CommandError(f"{path}: not TOML in UTF-8: {error}") from None


def _suggestion(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"


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
