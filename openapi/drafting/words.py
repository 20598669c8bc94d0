"""Words of names, so that `petCreated`, `pet.created` and `/pets/{petId}` can be compared."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_KEPT_ENDINGS = ("ss", "us", "is")
"""Endings of words in the singular that end in s: address, status, analysis."""


def split_words(name: str) -> list[str]:
    """Return the words of a name in lower case: `newPet`, `new_pet`, `NEW-PET` are `new pet`."""
    return [word.lower() for word in _WORD.findall(name)]


def singular(word: str) -> str:
    """Return the singular of an English noun, as far as its ending tells: `companies`, `boxes`."""
    if len(word) < 4 or word.endswith(_KEPT_ENDINGS) or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def stem(word: str) -> str:
    """Return what `ship`, `ships`, `shipped` and `shipping` have in common."""
    for ending in ("ing", "ed", "es", "s", "e", "d"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def nouns(words: Iterable[str]) -> list[str]:
    """Return `words` in the singular."""
    return [singular(word) for word in words]
