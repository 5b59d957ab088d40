"""Names nobody has seen before, so that the model has to copy them instead of knowing them."""

from random import Random

from corpus.vocabulary.listing import listed

_STARTS = listed(
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k kl kr l m n p pl pr qu r s sc sh sk sl sm sn sp st str t th "
    "tr v w wh x y z",
) + ("",)
_VOWELS = listed(
    "a e i o u ai ea ee ia io oo ou y au ei",
)
_ENDS = (
    listed(
        "b ck d g k l ll m n nd ng nt p r rd rk rn s ss st t th x z",
    )
    + ("",) * 12
)


def word(random: Random) -> str:
    """A capitalised, pronounceable word of one to three syllables."""
    syllables = (
        random.choice(_STARTS) + random.choice(_VOWELS) + random.choice(_ENDS)
        for _ in range(random.choices((1, 2, 3), (2, 6, 3))[0])
    )
    return "".join(syllables).capitalize()


def code(random: Random) -> str:
    """A reference such as `QX-4071`, `2024/118` or `b7f39`."""
    kind = random.randrange(4)
    if kind == 0:
        letters = "".join(random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=random.randint(1, 4)))
        return f"{letters}{random.choice('-_/ ')}{random.randrange(10, 99999)}"
    if kind == 1:
        return f"20{random.randrange(10, 40)}/{random.randrange(1, 2000)}"
    if kind == 2:
        return "".join(random.choices("abcdef0123456789", k=random.randint(4, 8)))
    return str(random.randrange(100, 1_000_000))
