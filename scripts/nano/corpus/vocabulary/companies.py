"""Company names: known ones, compound ones and invented ones."""

from random import Random

from corpus.split import Split, entries, invented
from corpus.vocabulary import made_up
from corpus.vocabulary.listing import listed

_KNOWN = listed(
    "Google, Microsoft, Amazon, Apple, Meta, Netflix, IBM, Oracle, Intel, Nvidia, Siemens, Bosch, BMW, Toyota, "
    "Sony, Samsung, Nestlé, Unilever, Pfizer, Bayer, Deloitte, KPMG, Accenture, Goldman Sachs, JPMorgan Chase, "
    "Walmart, Target, Costco, IKEA, Zara, Nike, Adidas, Spotify, Airbnb, Uber, Stripe, PayPal, Shopify, Adobe, "
    "Salesforce, SAP, Cisco, Dell, HP, Boeing, Airbus, Shell, BP, General Electric, Ford, Tesla, Volvo, "
    "McDonald's, Starbucks, Marriott, Hilton, Red Cross, UNICEF, Mayo Clinic, Harvard University, BBC, CNN, "
    "Lufthansa, DHL, FedEx, UPS, Maersk, Philips, Ericsson, Nokia, Huawei, Tencent, Alibaba, Infosys, Tata, "
    "Procter & Gamble, Johnson & Johnson, AT&T, Verizon, Vodafone, Zalando, Booking.com, OpenAI, GitHub",
    separator=",",
)
_FIRST = listed(
    "Blue Green Red Silver Golden Bright North South East West Ocean River Mountain Sun Moon Star Sky Cloud "
    "Stone Iron Oak Pine Maple Cedar Summit Harbor Bridge Lake Valley Forest Delta Alpha Omega Nova Quantum "
    "Vector Pixel Logic Smart Swift Clear True Prime First Global United Urban Rapid Open Fair Fresh Happy "
    "Little Grand Royal Central Atlas Apex Vertex Orbit Lumen Crystal Amber Falcon Eagle Fox Wolf Bear Lion",
)
_SECOND = listed(
    "Bridge Peak Field Stone Leaf Wave Path Point Gate Works Mind Spark Light Forge Craft Soft Byte Data Grid "
    "Link Net Line Rock Wood Water Hill Bay Port House Farm Mill Kite Arrow Loop Nest Hive Root Seed Track",
)
_KIND = listed(
    "Inc., LLC, GmbH, Ltd., Corp., AG, Group, Holdings, Technologies, Labs, Systems, Solutions, Partners, "
    "Consulting, Software, Analytics, Health, Logistics, Foods, Energy, Bank, Insurance, Media, Studios, "
    "Hospital, Clinic, University, School, Hotel, Airlines, Pharma, Motors, Industries, Construction, Design, "
    "Services, & Sons, & Partners, Foundation, Institute, Robotics, Networks, Capital, Ventures, Retail",
    separator=",",
)


def company(random: Random, split: Split) -> str:
    """A company name; two thirds are new combinations or invented words."""
    if random.random() < 0.3:
        return random.choice(entries(_KNOWN, split))
    return invented(split, lambda: _new_name(random, split))


def _new_name(random: Random, split: Split) -> str:
    first, second = random.choice(_FIRST), random.choice(_SECOND)
    stem = random.choice(
        (
            made_up.name(random, split),
            made_up.name(random, split),
            f"{first}{second.lower()}",
            f"{first}{second}",
            f"{first} {second}",
            f"{made_up.name(random, split)} {second}",
            f"{made_up.name(random, split)} & {made_up.name(random, split)}",
        )
    )
    if split is Split.TRAIN and random.random() < 0.15:
        return f"{made_up.name(random, split)} {made_up.name(random, split)}"
    return f"{stem} {random.choice(_KIND)}" if random.random() < 0.6 else stem
