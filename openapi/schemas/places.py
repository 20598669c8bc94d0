"""Places of schemas: those that apply to one value, through references and combinations. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from openapi.json_pointer import get_at, is_array_index, join_pointer, split_pointer

COMBINATIONS = ("allOf", "anyOf", "oneOf")
MAX_PLACES = 200
"""Maximum number of schemas that are followed for one value."""


def with_members(
    document: Mapping[str, Any], places: Iterable[str], keywords: Iterable[str] = COMBINATIONS
) -> list[str]:
    """Return the pointers `places` and those of the schemas that they refer to or combine.

    `keywords` selects the combinations. No pointer is twice in the list.
    """
    found = list(dict.fromkeys(places))
    known = set(found)
    for place in found:
        stated = get_at(document, place)
        if not isinstance(stated, dict) or len(found) > MAX_PLACES:
            continue
        lists = [(key, len(stated.get(key, ()))) for key in keywords]
        named = [join_pointer(place, key, index) for key, count in lists for index in range(count)]
        if isinstance(stated.get("$ref"), str):
            named.append(stated["$ref"][1:])
        found += [other for other in named if other not in known]
        known.update(named)
    return found


def places_at(
    document: Mapping[str, Any],
    schema: str,
    instance: str,
    keywords: Iterable[str] = COMBINATIONS,
) -> list[str]:
    """Return the pointers of the schemas of the value at `instance`, a path of properties or items.

    `schema` is the pointer of the schema of the whole value; `keywords` selects the combinations.
    """
    places = with_members(document, [schema], keywords)
    for token in split_pointer(instance):
        below = [join_pointer(place, "properties", token) for place in places]
        if is_array_index(token):
            below += [join_pointer(place, "items") for place in places]
        places = with_members(document, below, keywords)
    return [place for place in places if isinstance(get_at(document, place), dict)]
