"""Overlay document: its actions, read from JSON or YAML, and the complaints about its form."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from openapi.complaint import Complaint, ContractError
from openapi.json_pointer import join_pointer
from openapi.parsing.document_source import DocumentSource

RULE = "overlay"
_VERSION = re.compile(r"(1\.[01])\.\d+", re.ASCII)
_ROOT_KEYS = ("overlay", "info", "extends", "actions")
_INFO_KEYS = {"1.0": ("title", "version"), "1.1": ("title", "version", "description")}
_ACTION_KEYS = {
    "1.0": ("target", "description", "update", "remove"),
    "1.1": ("target", "description", "update", "copy", "remove"),
}
"""Keys of an action: those after the second say what it does."""


@dataclass(frozen=True, slots=True)
class Action:
    """Action of an overlay."""

    kind: Literal["update", "copy", "remove"]
    pointer: str
    """Pointer of the action in the overlay."""
    target: str
    value: Any = None
    """Value of an update, or the JSONPath of what a copy takes."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Overlay document."""

    source: DocumentSource
    version: str
    """`1.0` or `1.1`; the number of the patch has no meaning."""
    extends: str
    """URI reference of the document that it is for; empty: it names none."""
    actions: tuple[Action, ...]
    """Actions without those that a complaint leaves out."""
    complaints: tuple[Complaint, ...]


def is_overlay(data: object) -> bool:
    """Return whether plain data is that of an overlay and not of an OpenAPI document."""
    return isinstance(data, dict) and "overlay" in data and "openapi" not in data


def read_overlay(source: DocumentSource, number: int) -> Overlay:
    """Return the overlay with this number; raise `ContractError` if `source` is none."""
    data = source.data
    if not isinstance(data, dict):
        raise ContractError(f"{source.place('')}: an overlay is an object")
    if "overlay" not in data:
        hint = "; it is an OpenAPI document: pass it with --contract" if "openapi" in data else ""
        raise ContractError(f"{source.place('')}: there is no `overlay`{hint}")
    stated = data["overlay"]
    version = _VERSION.fullmatch(stated) if isinstance(stated, str) else None
    if version is None:
        raise ContractError(
            f"{source.place('/overlay')}: overlay is {stated!r}; hookproof reads overlays of the "
            "versions 1.0.0 and 1.1.0"
        )
    actions = data.get("actions")
    if not isinstance(actions, list) or not actions:
        place = source.place("/actions")
        raise ContractError(f"{place}: actions is not an array with at least one action")
    form = _Form(version[1], number)
    form.check_root(data)
    read = [form.read_action(join_pointer("/actions", i), one) for i, one in enumerate(actions)]
    extends = data.get("extends")
    return Overlay(
        source,
        version[1],
        extends if isinstance(extends, str) else "",
        tuple(action for action in read if action is not None),
        tuple(form.complaints),
    )


def extended_file(extends: str, overlay: Path | None) -> Path | None:
    """Return the file that an overlay in the file `overlay` extends; None if it names no file."""
    parts = urlsplit(extends)
    if not parts.path or parts.scheme or parts.netloc or overlay is None:
        return None
    return overlay.parent / unquote(parts.path)


class ActionFault(Exception):
    """Fault that leaves out an action; the message states value and rule."""

    def __init__(self, pointer: str, message: str, edit: str) -> None:
        """Take the pointer within the action, the message, and the change that mends it."""
        super().__init__(message)
        self._pointer = pointer
        self._edit = edit

    def complaint(self, action: str, overlay: int) -> Complaint:
        """Return the complaint about the action at the pointer `action` of an overlay."""
        place = action + self._pointer
        return Complaint(
            "error", RULE, place, str(self), self._edit, "overlay action", overlay=overlay
        )


class _Form:
    """Form of an overlay; `complaints` has the faults."""

    def __init__(self, version: str, number: int) -> None:
        self.complaints: list[Complaint] = []
        self._version = version
        self._number = number

    def check_root(self, data: Mapping[str, Any]) -> None:
        """Check the keys of the overlay but those that decide whether it is one."""
        self._check_keys("", data, _ROOT_KEYS)
        info = data.get("info")
        if not isinstance(info, dict):
            message = "an overlay has an `info` with title and version"
            self._complain("/info", message, "state both")
        else:
            self._check_keys("/info", info, _INFO_KEYS[self._version])
            for key in ("title", "version"):
                if not isinstance(info.get(key), str):
                    place = join_pointer("/info", key)
                    self._complain(place, f"info has no text `{key}`", "write a text")
        if not isinstance(data.get("extends", ""), str):
            self._complain("/extends", "extends is not a text", "write a URI reference")

    def read_action(self, pointer: str, stated: Any) -> Action | None:
        """Return the action at `pointer`; None if it does nothing or a complaint leaves it out."""
        try:
            return self._read_action(pointer, stated)
        except ActionFault as fault:
            self.complaints.append(fault.complaint(pointer, self._number))
            return None

    def _read_action(self, pointer: str, stated: Any) -> Action | None:
        if not isinstance(stated, dict):
            raise ActionFault("", "an action is an object", "write a target and an update")
        known = _ACTION_KEYS[self._version]
        self._check_keys(pointer, stated, known)
        if "target" not in stated:
            raise ActionFault("/target", "there is no 'target'", "write a JSONPath")
        for key in ("target", "copy"):
            if key in known and not isinstance(stated.get(key, ""), str):
                raise ActionFault(f"/{key}", f"{key} is not a JSONPath", "write a JSONPath")
        if not isinstance(stated.get("remove", False), bool):
            raise ActionFault("/remove", "remove is not a boolean", "write `true`")
        if stated.get("remove") is True:
            return Action("remove", pointer, stated["target"])
        has_update, has_copy = "update" in stated, "copy" in known and "copy" in stated
        if has_update and has_copy:
            message = "`update` and `copy` of one action have no effect beside each other"
            raise ActionFault("", message, "remove one of them, or write two actions")
        if has_update:
            return Action("update", pointer, stated["target"], stated["update"])
        if has_copy:
            return Action("copy", pointer, stated["target"], stated["copy"])
        if "remove" not in stated:
            wanted = " or ".join(f"`{key}`" for key in known[2:])
            raise ActionFault("", f"the action has no {wanted}", "state what it does")
        return None  # `remove: false` is legal, and does nothing

    def _check_keys(self, pointer: str, stated: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in stated:
            if key in known or key.startswith("x-"):
                continue
            guess = difflib.get_close_matches(key, known, 1)
            later = self._version == "1.0" and key in ("copy", "description")
            message, edit = f"unknown key {key!r}", f"remove it; valid keys: {', '.join(known)}"
            if later:
                message, edit = f"{message} in version 1.0", "write `overlay: 1.1.0`"
            elif guess:
                message, edit = f"{message}; did you mean {guess[0]!r}?", f"write {guess[0]!r}"
            self._complain(join_pointer(pointer, key), message, edit)

    def _complain(self, pointer: str, message: str, edit: str) -> None:
        self.complaints.append(
            Complaint("error", RULE, pointer, message, edit, overlay=self._number)
        )
