"""People's names and how to reach them."""

from random import Random

from corpus.split import Split, entries, invented
from corpus.vocabulary import made_up
from corpus.vocabulary.listing import listed

_FIRST = listed(
    "Anna Ben Carla David Elena Farid Grace Hiro Ines Jonas Kavya Liam Maria Noah Olga Pedro Quinn Rosa Samir "
    "Tanja Umar Vera Wei Ximena Yusuf Zoe Aisha Boris Chloe Dmitri Emma Felix Gita Hannah Igor Julia Karim "
    "Laura Mateo Nadia Oscar Priya Rachel Stefan Tomas Ursula Victor Wanda Yara Amara Bruno Clara Diego Esther "
    "Frank Gloria Henry Irene Jamal Kate Lucas Mina Nils Paula Ravi Sofia Theo Violet William John Sarah "
    "Michael James Linda Robert Susan Thomas Karen Daniel Nancy Mark Helen George Alice Peter Chen Mei Arjun",
)
_LAST = listed(
    "Smith Johnson Garcia Müller Rossi Silva Kim Tanaka Nguyen Patel Khan Novak Kowalski Andersson Dubois "
    "Martin Lopez Ivanov Haddad Okafor Mensah Cohen Brown Jones Miller Davis Wilson Moore Taylor Clark Lewis "
    "Walker Hall Young King Wright Hill Green Baker Adams Nelson Carter Mitchell Roberts Turner Phillips "
    "Campbell Parker Evans Edwards Collins Stewart Morris Murphy Cook Rogers Reed Bailey Bell Cooper Richardson "
    "Cox Ward Peterson Gray Ramirez Watson Brooks Kelly Sanders Price Bennett Wood Barnes Ross Schmidt Weber",
)


def person(random: Random, split: Split) -> str:
    """A first and a last name; half of the last names are invented."""
    first = random.choice(entries(_FIRST, split))
    if random.random() < 0.5:
        return f"{first} {invented(split, lambda: made_up.name(random, split))}"
    return f"{first} {random.choice(entries(_LAST, split))}"


def email(random: Random, name: str, company: str) -> str:
    """An address at the company, for a person or for the jobs inbox."""
    domain = "".join(c for c in company.lower() if c.isascii() and c.isalnum()) or "example"
    first, last = name.lower().split(" ", 1)
    user = random.choice(("jobs", "careers", "hr", first, f"{first}.{last}", f"{first[0]}{last}"))
    user = "".join(c for c in user if c.isascii() and (c.isalnum() or c == ".")) or "jobs"
    return f"{user}@{domain}.{random.choice(('com', 'org', 'net', 'io', 'co', 'de', 'example'))}"


def phone(random: Random) -> str:
    """A telephone number in one of several styles."""
    digits = "".join(random.choices("0123456789", k=10))
    return random.choice(
        (
            f"({digits[:3]}) {digits[3:6]}-{digits[6:]}",
            f"+{digits[:2]} {digits[2:5]} {digits[5:]}",
            f"{digits[:3]}-{digits[3:6]}-{digits[6:]}",
            f"+1 {digits[:3]} {digits[3:6]} {digits[6:]}",
        )
    )
