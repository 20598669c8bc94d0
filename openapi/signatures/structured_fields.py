"""Structured fields of HTTP (RFC 9651), as signatures of messages use them.

`http-sf` reads and writes them; only a call that needs it loads it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from openapi.signatures.missing_extra import MissingExtra

Parameters: TypeAlias = Mapping[str, Any]
Dictionary: TypeAlias = Mapping[str, tuple[Any, Parameters]]
"""Value and parameters of each member; the value of an inner list is a list of such pairs."""


def _library() -> Any:
    try:
        import http_sf  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise MissingExtra("an HTTP message signature", "http-sf") from None
    return http_sf


def check_installed() -> None:
    """Raise `MissingExtra` if the library is not installed."""
    _library()


def parse_dictionary(values: Sequence[bytes]) -> Dictionary | None:
    """Return the dictionary in all lines of a header; None if it is none, or repeats a key."""
    library = _library()
    try:
        return dict(
            library.parse(
                b", ".join(values), tltype="dictionary", on_duplicate_key=_refuse_duplicate
            )
        )
    except (ValueError, OverflowError, RecursionError):  # an error of the library is a ValueError
        return None


def _refuse_duplicate(key: str, _place: str) -> None:
    raise ValueError(f"{key} is there twice")


def write_member(key: str, value: Any, parameters: Parameters) -> str:
    """Return one member of a dictionary; `value` is an inner list or an item."""
    return str(_library().ser({key: (value, dict(parameters))}))


def write_item(value: Any, parameters: Parameters) -> str:
    """Return an item with its parameters."""
    return str(_library().ser((value, dict(parameters))))
