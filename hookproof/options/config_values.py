"""Values of `hookproof.toml`: check types, substitute variables, convert values like options."""

import os
from pathlib import Path
from typing import Any

import click

from hookproof.contract_url import is_url
from hookproof.options import types
from hookproof.options.command import VARIABLE, Secret
from webhook_sink.storage.location import PostgresUrl, is_postgres_url


def json_type(param: click.Parameter) -> str:
    """Return the JSON Schema type of the parameter's value in the file."""
    if isinstance(param, click.Option) and param.is_flag:
        return "boolean"
    if param.type in (types.SECONDS, types.POSITIVE):
        return "number"
    integers = (click.INT, types.PORT, types.COUNT, types.PROCESSES)
    return "integer" if param.type in integers else "string"


def convert_value(param: click.Parameter, value: object, folder: Path) -> Any:
    """Return the converted value of the option; `ValueError` if it is invalid.

    Paths are relative to `folder`; a repeatable option takes a list.
    """
    if not param.multiple:
        return _convert_one(param, value, folder)
    items = value if isinstance(value, list) else [value]
    return [_convert_one(param, item, folder) for item in items]


def _convert_one(param: click.Parameter, value: object, folder: Path) -> object:
    wanted = json_type(param)
    if not _has_json_type(value, wanted):
        article = "an" if wanted == "integer" else "a"
        raise ValueError(f"not {article} {wanted}")
    if isinstance(value, bool):
        return value
    raw = str(value)
    text = _substitute_variables(raw)
    if isinstance(param, Secret) and not param.is_reference(raw):
        raise ValueError(
            f"a secret must not be in this file: use a variable, such as {param.file_example}"
        )
    if isinstance(param.type, click.Path) and not _is_url_of(param, text):
        return folder / text
    literal = VARIABLE.sub("", raw)
    if param.type is types.STORE and is_postgres_url(literal) and PostgresUrl(literal).secrets:
        raise ValueError(
            "a password must not be in this file: use PGPASSWORD or ~/.pgpass, or a variable, such "
            "as postgresql://USER:${DATABASE_PASSWORD}@HOST/DATABASE"
        )
    if param.type is types.TRUST and text not in ("true", "false"):
        text = str(folder / text)
    try:
        return param.type.convert(text, param, None)
    except click.BadParameter as error:
        # The value of a variable may be a secret, so the message names the variable instead.
        sentence = error.message.rstrip(".")
        raise ValueError(sentence.replace(repr(text), repr(raw))) from None


def _is_url_of(param: click.Parameter, text: str) -> bool:
    """Return whether the type of the parameter takes `text` as a URL, not as a path."""
    if param.type is types.STORE:
        return is_postgres_url(text)
    return param.type is types.CONTRACT and is_url(text)


def _has_json_type(value: object, wanted: str) -> bool:
    if wanted == "boolean" or isinstance(value, bool):
        return wanted == "boolean" and isinstance(value, bool)
    if wanted == "number":
        return isinstance(value, int | float)
    return isinstance(value, int if wanted == "integer" else str)


def _substitute_variables(text: str) -> str:
    """Return `text` with each `${NAME}` replaced by that variable of the environment."""
    if "${" in VARIABLE.sub("", text):
        raise ValueError("write a variable as ${NAME}")
    missing = [name for name in VARIABLE.findall(text) if name not in os.environ]
    if missing:
        raise ValueError(f"the variable {missing[0]} is not set")
    return VARIABLE.sub(lambda found: os.environ[found[1]], text)
