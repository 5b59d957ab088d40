"""Filling sentence templates and knowing which facts a filled template states."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from random import Random

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_ARTICLE = re.compile(r"\b([Aa]) (?=(?!U[A-Z]|Uni|Use|One|Eu)[AEIOUaeio])")


@lru_cache(maxsize=4096)
def placeholders(template: str) -> frozenset[str]:
    """The names between braces in one template."""
    return frozenset(_PLACEHOLDER.findall(template))


def stated(templates: Iterable[str]) -> frozenset[str]:
    """Every fact that these templates mention together."""
    return frozenset[str]().union(*(placeholders(template) for template in templates))


def fill(template: str, facts: Mapping[str, str]) -> str:
    """Put the facts into the braces and turn "a engineer" into "an engineer"."""
    text = _PLACEHOLDER.sub(lambda match: facts[match[1]], template)
    return _ARTICLE.sub(r"\1n ", text)


def capitalised(text: str) -> str:
    """The text with its first letter in upper case and the rest untouched."""
    return text[:1].upper() + text[1:]


def vary(random: Random, pattern: str) -> str:
    """Choose one of the alternatives in every `[one|two|three]`; they may be empty, but not nested."""
    return _ALTERNATIVES.sub(lambda match: random.choice(match[1].split("|")), pattern)
