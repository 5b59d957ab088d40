"""Requests as people type them in a hurry; only training has them."""

from random import Random


def mistyped(random: Random, request: str) -> str:
    """The request with one to three slips of the fingers; what stands in braces stays as it is."""
    for _ in range(random.randint(1, 3)):
        words = request.split(" ")
        places = [number for number, word in enumerate(words) if len(word) > 3 and word.isalpha()]
        if not places:
            return request
        place = random.choice(places)
        words[place] = _slip(random, words[place])
        request = " ".join(words)
    return request


def _slip(random: Random, word: str) -> str:
    at = random.randrange(1, len(word) - 1)
    return random.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],  # two letters change places
            word[:at] + word[at + 1 :],  # one is missing
            word[:at] + word[at] + word[at:],  # one is there twice
            word[:at] + random.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :],  # another key
            word.lower(),
        )
    )
