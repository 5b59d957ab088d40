"""Names nobody has seen before, so that the model has to copy them instead of knowing them."""

from collections.abc import Sequence
from random import Random

from corpus.split import Split, invented
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
# Beginnings and ends of the world's names: their letters are in no order that syllables would give.
_BEGINNINGS = listed(
    "Abd Ad Ag Al Alb Am And Ang Ant Ar Arn Ash Aub Bal Ban Bar Bel Ben Ber Bjor Bor Brad Brun Bud Cal Cam Can "
    "Car Cas Chen Chr Cor Cros Cun Dam Dan Dar Del Den Dev Dom Dun Eb Ed Ein El Em Er Esp Eva Fal Far Fern Fin "
    "Fitz Fuj Gal Gar Geo Gil Gon Gun Gus Ha Ham Han Har Has Hei Hel Her Him Hol Hou Hub Ib Ig In Is Iv Jac Jan "
    "Jar Jo Jor Ju Kan Kar Kaz Ken Kir Kol Kri Kuz Kyo Lam Lan Lar Leb Len Lev Lin Liv Lod Lud Lux Mac Mad Mal "
    "Man Mar Mat Mc Mel Mik Mon Mor Mum Nag Nam Nar Nem Nik Nor Ny O' Ob Ol Ond Op Or Osh Ost Pad Pak Pal Pan Pas "
    "Per Pet Pol Pra Pun Qin Ra Ram Ras Rei Ren Rib Rob Rod Rom Rud Sal Sam San Sar Sch Sem Sev Sha Sib Sik Sin "
    "Sof Sri Sud Sum Sur Tak Tam Tan Tar Tel Thom Tib Tol Tor Tri Tur Ud Ul Um Un Ur Vas Ver Vik Vin Vla Vol Wal "
    "Wan War Web Wel Wes Wil Win Xi Yam Yor Yu Zag Zam Zan Zel Zim",
)
_TAILS = listed(
    "a abad ac ach ad ai aki al am an ana and ando ane ang ani ano anto ao ar ard aro as asa at ati atz aux av "
    "awa ay bach back baum bek beck berg bert bo burn by ca ce cester chi cia co cott da dam dar de del den der "
    "di dia do don dorf dt e eau ed eel ek el elle elli em en enko er es est et etta ev ey ez fa feld fi ford gan "
    "gar ge gen ger gi gia go grad ham hara heim hi hoff holm i ia ian ic ich id ier iev ik il im in ina ine ing "
    "ini ino ira is iski ita ito itz ium ius iz ji jo ka kar ke ki kin ko kov la lam land lau le ler ley li lin "
    "lo lund ly mak man mann mar mas mat men mi mo more mouth na nak nam nas ne nen ner ng ni nia no nov o oa of "
    "oi ois ok ola om on ong oni ono or os osa oto ott ou ov ow pa pal par pe per po por poli pur que quez ra "
    "rado rah ram ran re ren ri ria rich rin ro rod rom ros rup ry sa sach san sas se sen sey shi sk ska ski sky "
    "so son sta stan stein sten stro sy ta tan te tel ten ter th ti tin to tov tra tre tt tu u ua ul um ung ur us "
    "va vac vallo var ve vic vich vi vil vo wa wal wara way we wei well wick win witz wood ya yama yan yev yo yn "
    "ys za zad ze zen zer zi zo zu",
)


def word(random: Random) -> str:
    """A capitalised, pronounceable word of one to three syllables."""
    syllables = (
        random.choice(_STARTS) + random.choice(_VOWELS) + random.choice(_ENDS)
        for _ in range(random.choices((1, 2, 3), (2, 6, 3))[0])
    )
    return "".join(syllables).capitalize()


def name(random: Random, split: Split) -> str:
    """A capitalised name of one word; in training also one made of parts of names, or of capitals only."""
    kind = random.random() if split is Split.TRAIN else 0.0
    if kind < 0.45:
        return word(random)
    if kind < 0.93:
        parts = [random.choice(_BEGINNINGS), *random.choices(_TAILS, k=random.choice((1, 1, 2)))]
        return "".join(parts)
    return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=random.choice((2, 3, 3, 4))))


def spliced(random: Random, names: Sequence[str]) -> str:
    """The beginning of one name and the end of another, for training: spelt like them, and new."""

    def splice() -> str:
        first, last = random.choice(names), random.choice(names)
        return first[: random.randint(2, max(2, len(first) - 1))] + last[random.randint(1, max(1, len(last) - 2)) :]

    return invented(Split.TRAIN, splice)


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
