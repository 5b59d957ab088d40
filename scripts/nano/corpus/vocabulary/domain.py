"""A domain is a field of work: what it is called, who works in it and what they do there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """One field of work.

    names: what a category for this field may be called; about: a description of that category;
    roles and focuses combine to titles ("Cloud" + "Engineer"); skills and duties fill postings.
    """

    names: tuple[str, ...]
    about: str
    roles: tuple[str, ...]
    focuses: tuple[str, ...]
    skills: tuple[str, ...]
    duties: tuple[str, ...]


def domain(*, names: str, about: str, roles: str, focuses: str, skills: str, duties: str) -> Domain:
    """Build a domain from comma-separated lists: tables stay readable that way."""
    return Domain(_split(names), about, *map(_split, (roles, focuses, skills, duties)))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
