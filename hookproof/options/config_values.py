"""Values of `hookproof.toml`: check types, substitute variables, convert values like options."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from hookproof.options import types

SECRET_KEYS = frozenset(
    {
        "control-token",
        "jwt-secret",
        "sink-token",
        "token",
        "token-expired",
        "token-not-yet-valid",
        "token-without-permission",
        "webhook-secret",
    }
)
"""Keys whose value must be a variable, because users commit configuration files."""
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def json_type(action: argparse.Action) -> str:
    """Return the JSON Schema type of the option's value in the file."""
    if action.nargs == 0:
        return "boolean"
    if action.type is types.parse_seconds:
        return "number"
    if action.type in (int, types.parse_port, types.parse_count):
        return "integer"
    return "string"


def convert_value(
    key: str, value: object, action: argparse.Action, folder: Path, environment: Mapping[str, str]
) -> object:
    """Return the converted value of the option; `ArgumentTypeError` if it is invalid.

    Paths are relative to `folder`; a repeatable option takes a list.
    """
    if not isinstance(action, types.AppendAction):
        return _convert_one(key, value, action, folder, environment)
    items = value if isinstance(value, list) else [value]
    return [_convert_one(key, item, action, folder, environment) for item in items]


def _convert_one(
    key: str, value: object, action: argparse.Action, folder: Path, environment: Mapping[str, str]
) -> object:
    wanted = json_type(action)
    if not _has_json_type(value, wanted):
        article = "an" if wanted == "integer" else "a"
        raise argparse.ArgumentTypeError(f"not {article} {wanted}")
    if isinstance(value, bool):
        return value
    raw = str(value)
    text = _substitute_variables(raw, environment)
    if key in SECRET_KEYS and not _VARIABLE.fullmatch(raw):
        raise argparse.ArgumentTypeError(
            "a secret must not be in this file: use a variable, such as "
            f"${{HOOKPROOF_{key.upper().replace('-', '_')}}}"
        )
    if action.choices is not None and text not in action.choices:
        raise argparse.ArgumentTypeError(f"{raw!r} is not one of {', '.join(action.choices)}")
    if action.type is Path:
        return folder / text
    if action.type is types.parse_trust and text not in ("true", "false"):
        text = str(folder / text)
    if not callable(action.type):
        return text
    try:
        return action.type(text)
    except argparse.ArgumentTypeError as error:
        # The value of a variable may be a secret, so the message names the variable instead.
        sentence = str(error).replace(repr(text), repr(raw)) if raw != text else str(error)
        raise argparse.ArgumentTypeError(sentence) from None


def _has_json_type(value: object, wanted: str) -> bool:
    if wanted == "boolean" or isinstance(value, bool):
        return wanted == "boolean" and isinstance(value, bool)
    if wanted == "number":
        return isinstance(value, int | float)
    return isinstance(value, int if wanted == "integer" else str)


def _substitute_variables(text: str, environment: Mapping[str, str]) -> str:
    """Return `text` with each `${NAME}` replaced by that variable of the environment."""
    if "${" in _VARIABLE.sub("", text):
        raise argparse.ArgumentTypeError("write a variable as ${NAME}")
    missing = [name for name in _VARIABLE.findall(text) if name not in environment]
    if missing:
        raise argparse.ArgumentTypeError(f"the variable {missing[0]} is not set")
    return _VARIABLE.sub(lambda found: environment[found[1]], text)
