"""Terms of employment: pay, hours, place, dates and benefits."""

from random import Random

from corpus.vocabulary.listing import listed

WORK_MODES = ("remote", "hybrid", "on-site")
CONTRACTS = ("full-time", "part-time", "contract", "internship", "temporary", "permanent", "freelance")
BENEFITS = listed(
    "health insurance, flexible hours, 401(k) plan, paid time off, home office, company car, free lunch, gym "
    "membership, stock options, dental insurance, training budget, parental leave, public transport ticket, "
    "annual bonus, 30 days of vacation, relocation support, free parking, childcare, pension plan, team events, "
    "company phone, employee discount, life insurance, conference budget, free coffee, sabbatical",
    separator=",",
)
DEGREES = listed(
    "Bachelor's degree, Master's degree, high school diploma, PhD, vocational training, associate degree, "
    "degree in Computer Science, degree in Economics, nursing license, teaching certificate",
    separator=",",
)
LANGUAGES = listed(
    "English German French Spanish Italian Dutch Polish Arabic Mandarin Hindi Portuguese Japanese",
)
_MONTHS = listed(
    "January February March April May June July August September October November December",
)
_SYMBOLS = ("$", "€", "£", "US$", "CHF ", "$", "€", "$")
_CODES = ("USD", "EUR", "GBP", "CAD", "SEK", "PLN", "INR", "AUD")


def salary(random: Random) -> str:
    """Pay per year, month or hour, as one figure or a range, in one of many notations."""
    low = random.randrange(18, 240)
    high = low + random.randrange(3, 60)
    symbol, currency = random.choice(_SYMBOLS), random.choice(_CODES)
    hour = random.randrange(12, 95)
    return random.choice(
        (
            f"{symbol}{low},000 - {symbol}{high},000",
            f"{symbol}{low},000 per year",
            f"{low}k-{high}k {currency}",
            f"{symbol}{low}k - {symbol}{high}k",
            f"{symbol}{hour} per hour",
            f"{symbol}{hour}/hour",
            f"{symbol}{low},{random.randrange(1, 10)}00",
            f"{low}.000 {currency}",
            f"{symbol}{low}K–{symbol}{high}K",
            f"{symbol}{random.randrange(1, 15)},{random.randrange(1, 10)}00 per month",
            f"{low},000 {currency} a year",
            f"{symbol}{low},000 to {symbol}{high},000",
        )
    )


def date(random: Random) -> str:
    """A day in one of several notations."""
    day, month, year = random.randint(1, 28), random.randrange(12), random.randint(2022, 2031)
    name = _MONTHS[month]
    return random.choice(
        (
            f"{name} {day}, {year}",
            f"{day} {name} {year}",
            f"{year}-{month + 1:02}-{day:02}",
            f"{day:02}.{month + 1:02}.{year}",
            f"{name} {day}",
            f"{month + 1}/{day}/{year}",
        )
    )
