"""What is embedded in benchmarks."""

from __future__ import annotations

import random

WORDS = """
senior junior software data nurse clinic truck driver night shift team build maintain design customers reports
python java cloud hospital warehouse sales manager lead engineer analyst teacher school remote office salary
benefits experience years degree required preferred flexible hours weekly travel safety quality production
assembly kitchen chef hotel guest service support training plan budget project deadline client contract legal
finance audit tax research
"""


def texts_of(count: int, words: int, seed: int) -> list[str]:
    """Distinct texts of so many words, the same for everybody."""
    chance = random.Random(f"{words} {seed}")
    return [" ".join(chance.choices(WORDS.split(), k=words)) for _ in range(count)]
