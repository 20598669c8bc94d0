"""YAML parser: plain JSON data with the position of every value.

PyYAML's own constructor accepts duplicate keys and converts dates to objects. This parser rejects
duplicate keys and returns dates as strings.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from openapi.json_pointer import join_pointer

_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALAR_PARSERS: dict[str, Callable[[str], object]] = {
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": lambda text: int(text.replace("_", ""), 0),
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:timestamp": str,
}
_YAML_1_1_BOOLEANS = {"yes", "no", "on", "off"}
_MAX_DEPTH = 100
_LIBYAML_DEPTH_PROBLEM = "exceeded maximum nesting depth"
"""Error of libyaml 0.2.6 (in PyYAML 6.0.4) at depth 1000, before `_check_depth` gets an event."""
_MAX_VALUES = 1_000_000
"""Limit of values in a document, because nested aliases could exhaust the memory."""


class ContractError(Exception):
    """Invalid contract; the message states place, value and reason."""


@dataclass(frozen=True, slots=True)
class YamlSource:
    """Document as plain data, with the position of each value."""

    name: str
    data: object
    places: dict[str, tuple[int, int]]
    """JSON Pointer of each value -> line and column, from 1."""
    text: str = field(repr=False)

    def position(self, pointer: str) -> tuple[int, int]:
        """Return line and column of the value at `pointer`, or of its nearest parent."""
        known = pointer
        while known not in self.places:
            known = known.rpartition("/")[0]
        return self.places[known]

    def place(self, pointer: str) -> str:
        """Return `file:line:column (pointer)` of the value at `pointer`, or of its parent."""
        line, column = self.position(pointer)
        return f"{self.name}:{line}:{column} ({pointer or 'the document'})"


def _place(name: str, mark: Any) -> str:
    return f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name


def read_yaml(name: str, text: str) -> YamlSource:
    """Parse `text` (YAML 1.1 or JSON); raise `ContractError` with a position in `name`."""
    try:
        _check_depth(name, text)
        node = yaml.compose(text, Loader=_YAML_LOADER)
    except yaml.MarkedYAMLError as error:
        where = _place(name, error.problem_mark or error.context_mark)
        if error.problem == _LIBYAML_DEPTH_PROBLEM:
            raise ContractError(f"{where}: nested deeper than {_MAX_DEPTH}") from None
        raise ContractError(f"{where}: not YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise ContractError(f"{name}: not YAML: {' '.join(str(error).split())}") from None
    if node is None:
        raise ContractError(f"{name}: the file is empty")
    _measure(name, node, {})
    places: dict[str, tuple[int, int]] = {}
    return YamlSource(name, _construct(name, node, "", places, ()), places, text)


def _check_depth(name: str, text: str) -> None:
    """Reject deep nesting, because composing it could crash the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_YAML_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ContractError(
                f"{_place(name, event.start_mark)}: nested deeper than {_MAX_DEPTH}"
            )


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
    if values > _MAX_VALUES or depth > _MAX_DEPTH + 1:  # the innermost value counts as a level here
        limit = f"more than {_MAX_VALUES} values"
        if values <= _MAX_VALUES:
            limit = f"nested deeper than {_MAX_DEPTH}"
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
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key, str):
            line = key_node.start_mark.line + 1
            raise ContractError(f"{name}:{line}: a key must be a plain string")
        inner = join_pointer(pointer, key)
        if key in result:
            at = f"{_place(name, key_node.start_mark)} ({inner})"
            raise ContractError(f"{at}: duplicate key {key!r}; remove one of them")
        result[key] = _construct(name, value_node, inner, places, within)
    return result


def _scalar(node: yaml.ScalarNode) -> object:
    """Return the value of `node`; raise `ValueError` if contracts do not allow it."""
    if node.value.lower() in _YAML_1_1_BOOLEANS:
        return str(node.value)
    parse = _SCALAR_PARSERS.get(node.tag)
    if parse is None:
        raise ValueError(f"contracts do not allow the YAML tag {node.tag}")
    try:
        return parse(node.value)
    except ValueError:
        raise ValueError(f"{node.value!r} is not a valid value") from None
