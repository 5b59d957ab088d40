"""Places of work: real cities, invented towns, and the ways to write them."""

from random import Random

from corpus.split import Split, entries, invented
from corpus.vocabulary import made_up
from corpus.vocabulary.listing import listed

_CITIES = listed(
    "New York, NY; San Francisco, CA; Los Angeles, CA; Seattle, WA; Austin, TX; Boston, MA; Chicago, IL; "
    "Denver, CO; Atlanta, GA; Miami, FL; Dallas, TX; Houston, TX; Portland, OR; Phoenix, AZ; Detroit, MI; "
    "Nashville, TN; Toronto, Canada; Vancouver, Canada; Montreal, Canada; London, UK; Manchester, UK; "
    "Edinburgh, Scotland; Dublin, Ireland; Berlin, Germany; Munich, Germany; Hamburg, Germany; Cologne, "
    "Germany; Paris, France; Lyon, France; Madrid, Spain; Barcelona, Spain; Lisbon, Portugal; Rome, Italy; "
    "Milan, Italy; Zurich, Switzerland; Vienna, Austria; Amsterdam, Netherlands; Brussels, Belgium; Copenhagen, "
    "Denmark; Stockholm, Sweden; Oslo, Norway; Helsinki, Finland; Warsaw, Poland; Prague, Czech Republic; "
    "Budapest, Hungary; Athens, Greece; Istanbul, Turkey; Dubai, UAE; Tel Aviv, Israel; Cairo, Egypt; Lagos, "
    "Nigeria; Nairobi, Kenya; Cape Town, South Africa; Mumbai, India; Bangalore, India; Delhi, India; "
    "Singapore; Hong Kong; Tokyo, Japan; Osaka, Japan; Seoul, South Korea; Beijing, China; Shanghai, China; "
    "Sydney, Australia; Melbourne, Australia; Auckland, New Zealand; Mexico City, Mexico; São Paulo, Brazil; "
    "Buenos Aires, Argentina; Santiago, Chile; Bogotá, Colombia; Lima, Peru; Hanoi, Vietnam; Bangkok, Thailand; "
    "Jakarta, Indonesia; Manila, Philippines",
    separator=";",
)
_REGIONS = listed(
    "NY CA WA TX MA IL CO GA FL OH PA MI VA NC UK Germany France Spain Italy Canada India Japan Brazil Mexico "
    "Australia Ireland Poland Sweden Norway Austria Switzerland Kenya Ghana Chile Peru Portugal Belgium Greece",
)
_TAILS = listed(
    "ton ville burg ford field port ham wood bury stad dale ia berg haven mouth by pool ridge",
)


def place(random: Random, split: Split) -> str:
    """A town, mostly with its region or country."""
    if random.random() < 0.4:
        city = random.choice(entries(_CITIES, split))
        return city.split(",")[0] if random.random() < 0.35 else city
    return invented(split, lambda: _new_town(random, split))


def _new_town(random: Random, split: Split) -> str:
    town = made_up.name(random, split)
    if random.random() < (0.5 if split is Split.HELD_OUT else 0.25):
        town += random.choice(_TAILS)
    if random.random() < 0.15:
        town = f"{random.choice(('New', 'Port', 'San', 'Saint', 'Bad', 'East', 'Upper', 'Fort'))} {town}"
    if split is Split.TRAIN and random.random() < 0.2:
        return f"{town}, {made_up.name(random, split)}"
    return f"{town}, {random.choice(_REGIONS)}" if random.random() < 0.55 else town
