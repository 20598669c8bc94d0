"""YAML parser: plain JSON data with the position of every value.

PyYAML's own constructor accepts duplicate keys and converts dates to objects. This parser rejects
duplicate keys and returns dates as strings.
"""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from openapi.complaint import ContractError
from openapi.json_pointer import join_pointer
from openapi.parsing.document_source import DocumentSource
from openapi.parsing.json_source import MAX_DEPTH

_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE_TAG = "tag:yaml.org,2002:merge"
_YAML_1_1_BOOLEANS = {"yes", "no", "on", "off"}
_LIBYAML_DEPTH_PROBLEM = "exceeded maximum nesting depth"
"""Error of libyaml 0.2.6 (in PyYAML 6.0.4) at depth 1000, before `_check_depth` gets an event."""
_MAX_VALUES = 1_000_000
"""Limit of values in a document with aliases, because nested ones could exhaust the memory."""
_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]{1,3}", re.ASCII)
"""Number of YAML 1.2 that YAML 1.1 reads as a string."""


def _place(name: str, mark: Any) -> str:
    return f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name


def read_yaml(name: str, text: str, path: Path | None = None) -> DocumentSource:
    """Parse `text` (YAML 1.1, numbers as in 1.2); raise `ContractError` with a position in `name`.

    Merge keys (`<<`) are followed, because tools of many languages write them.
    """
    try:
        _check_depth(name, text)
        node = yaml.compose(text, Loader=_YAML_LOADER)
    except yaml.MarkedYAMLError as error:
        where = _place(name, error.problem_mark or error.context_mark)
        if error.problem == _LIBYAML_DEPTH_PROBLEM:
            raise ContractError(f"{where}: nested deeper than {MAX_DEPTH}") from None
        raise ContractError(f"{where}: not YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise ContractError(f"{name}: not YAML: {' '.join(str(error).split())}") from None
    if node is None:
        raise ContractError(f"{name}: the file is empty")
    _measure(name, node, {})
    places: dict[str, tuple[int, int]] = {}
    data = _construct(name, node, "", places, ())
    return DocumentSource(name, data, text, lambda: places, path)


def _check_depth(name: str, text: str) -> None:
    """Reject deep nesting, because composing it could crash the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_YAML_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ContractError(f"{_place(name, event.start_mark)}: nested deeper than {MAX_DEPTH}")


def _measure(name: str, node: yaml.Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Return the number of values and the depth of `node`, expanded aliases included.

    Reject a node that is too large or too deep before it is expanded. An alias refers to an earlier
    node, so that `known` has it by its id.
    """
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = 0, 0  # for an alias that contains itself, which `_construct` rejects
    values, depth = 1, 0
    if not isinstance(node, yaml.ScalarNode):
        is_mapping = isinstance(node, yaml.MappingNode)
        for item in node.value:
            count, levels = _measure(name, item[1] if is_mapping else item, known)
            values, depth = values + count, max(depth, levels)
    depth += 1
    too_many = values > max(_MAX_VALUES, len(known))  # without aliases, each value is in `known`
    if too_many or depth > MAX_DEPTH + 1:  # the innermost value counts as a level here
        limit = f"more than {_MAX_VALUES} values"
        if not too_many:
            limit = f"nested deeper than {MAX_DEPTH}"
        where = _place(name, node.start_mark)
        raise ContractError(f"{where}: {limit}, expanded aliases included")
    known[id(node)] = values, depth
    return values, depth


def _construct(
    name: str,
    node: yaml.Node,
    pointer: str,
    places: dict[str, tuple[int, int]],
    above: tuple[int, ...],
) -> object:
    places[pointer] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        try:
            return _scalar(node)
        except ValueError as error:
            where = f"{_place(name, node.start_mark)} ({pointer or 'the document'})"
            raise ContractError(f"{where}: {error}") from None
    if id(node) in above:
        where = f"{_place(name, node.start_mark)} ({pointer or 'the document'})"
        raise ContractError(f"{where}: an alias that contains itself")
    within = (*above, id(node))
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(name, item, join_pointer(pointer, index), places, within)
            for index, item in enumerate(node.value)
        ]
    result: dict[str, object] = {}
    for key_node, value_node, is_merged in _entries(name, node):
        key = key_node.value
        inner = join_pointer(pointer, key)
        if key not in result:
            result[key] = _construct(name, value_node, inner, places, within)
        elif not is_merged:
            at = f"{_place(name, key_node.start_mark)} ({inner})"
            raise ContractError(f"{at}: duplicate key {key!r}; remove one of them")
    return result


def _entries(
    name: str, node: yaml.Node, *, is_merged: bool = False
) -> Iterator[tuple[yaml.ScalarNode, yaml.Node, bool]]:
    """Yield keys and values of a mapping: its own, then those of its merge keys (`<<`)."""
    merged: list[yaml.Node] = []
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            line = key_node.start_mark.line + 1
            raise ContractError(f"{name}:{line}: a key must be a plain string")
        if key_node.tag != _MERGE_TAG:
            yield key_node, value_node, is_merged
        elif isinstance(value_node, yaml.SequenceNode):
            merged += value_node.value
        else:
            merged.append(value_node)
    for other in merged:
        if other is node or not isinstance(other, yaml.MappingNode):
            where = _place(name, other.start_mark)
            raise ContractError(f"{where}: a merge key (<<) needs an alias of another mapping")
        yield from _entries(name, other, is_merged=True)


def _scalar(node: yaml.ScalarNode) -> object:
    """Return the value of `node`; raise `ValueError` if contracts do not allow it."""
    if node.value.lower() in _YAML_1_1_BOOLEANS:
        return str(node.value)
    parse = _SCALAR_PARSERS.get(node.tag)
    if parse is None:
        raise ValueError(f"contracts do not allow the YAML tag {node.tag}")
    if not node.style and _EXPONENT.fullmatch(node.value):
        return _number(node.value)
    try:
        return parse(node.value)
    except ValueError:
        if not node.style:
            return str(node.value)  # text of YAML 1.2 that YAML 1.1 takes for a number, as 12:30:45
        raise ValueError(f"{node.value!r} is not a valid value") from None


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    try:
        return int(plain, 0)
    except ValueError:
        return int(plain)  # a leading zero means nothing in YAML 1.2


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a JSON number")
    return value


_SCALAR_PARSERS: dict[str, Callable[[str], object]] = {
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": _integer,
    "tag:yaml.org,2002:float": _number,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:timestamp": str,
}
