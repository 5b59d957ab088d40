"""Labels that are single tokens where an answer begins, checked with the model's own tokenizer."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase

from jobai_server.engines.protocol import TextEngine

LETTERS = ascii_uppercase + ascii_lowercase
YES = ("Yes", "yes", "YES")
NO = ("No", "no", "NO")

TokenGroup = tuple[int, ...]
"""Tokens that mean the same: a letter with and without a space before it, say."""


def letter_groups(engine: TextEngine) -> dict[str, TokenGroup]:
    """The letters that the model can answer with in one token, in the alphabet's order, each with its tokens."""
    groups: dict[str, TokenGroup] = {}
    taken: set[int] = set()
    for letter in LETTERS:
        group = engine.answer_tokens(letter).single
        if group and taken.isdisjoint(group):
            groups[letter] = group
            taken.update(group)
    return groups


def yes_no_groups(engine: TextEngine) -> tuple[TokenGroup, TokenGroup]:
    """The tokens for yes and for no."""
    yes, no = _word_tokens(engine, YES), _word_tokens(engine, NO)
    return tuple(yes - no), tuple(no - yes)


def _word_tokens(engine: TextEngine, forms: tuple[str, ...]) -> set[int]:
    """Those of a word's forms that are single tokens; where none is, what the forms begin with."""
    found = [engine.answer_tokens(form) for form in forms]
    return {token_id for one in found for token_id in one.single} or {one.whole[0] for one in found}
