"""What is to be decided about texts; all of it is data from the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DEFAULT_PERMUTATIONS = 2

Method = Literal["letters", "names", "yes_no"]


@dataclass(frozen=True, slots=True)
class Category:
    """One possible answer, on one line whatever the caller wrote.

    Attributes:
        name: Unique among a task's categories.
        description: What it means, or nothing.
    """

    name: str
    description: str = ""

    def __post_init__(self) -> None:
        # A line break would begin a line of the list that nobody asked for.
        object.__setattr__(self, "name", on_one_line(self.name))
        object.__setattr__(self, "description", on_one_line(self.description))


@dataclass(frozen=True, slots=True)
class ClassificationTask:
    """The same for all texts of a request.

    Attributes:
        categories: At least two.
        method: `letters`: the categories are listed with letters, the letter is read. `names`: the names themselves
            are read, token by token. `yes_no`: each category is a question of its own (multi-label).
        instructions: Goes before everything else, as the system message.
        permutations: In how many orders the categories are listed; the results are averaged. Without meaning for
            `yes_no`.
        prior_correction: Whether what the model says about texts without content is divided out.
    """

    categories: tuple[Category, ...]
    method: Method
    instructions: str = ""
    permutations: int = DEFAULT_PERMUTATIONS
    prior_correction: bool = True


def on_one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())
