"""Company names: known ones, compound ones and invented ones."""

from random import Random

from corpus.split import Split, entries, invented
from corpus.vocabulary import made_up, words
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
# More of them, for training alone: a list that is short is learned by heart instead of being copied.
_MORE_KNOWN = listed(
    "3M, ABB, Abbott, AbbVie, Acer, Activision, Aegon, Aetna, Airtable, Albertsons, Aldi, Allianz, Allstate, AMD, "
    "Amgen, Anthem, Aramark, ArcelorMittal, Asana, ASML, Asus, Atlassian, Autodesk, Aviva, AXA, BAE Systems, Baidu, "
    "Barclays, BASF, Best Buy, Biogen, BlackRock, Bloomberg, BNP Paribas, Boston Scientific, Bridgestone, Bristol "
    "Myers Squibb, Broadcom, BT, Burberry, Burger King, ByteDance, Canon, Canva, Capgemini, Cargill, Carrefour, "
    "Caterpillar, Chanel, Chevron, Chipotle, Chubb, Cigna, Citigroup, Cloudflare, Coca-Cola, Cognizant, "
    "Colgate-Palmolive, Comcast, Continental, Coursera, Credit Suisse, CVS Health, Daimler, Danone, Databricks, "
    "Datadog, Delta Air Lines, Deutsche Bank, Diageo, Discord, Disney, Docker, DocuSign, DoorDash, Dow, Dropbox, "
    "Duolingo, DuPont, Dyson, eBay, EDF, Electrolux, Eli Lilly, Emirates, Enel, Epic Games, Equinor, Etsy, Expedia, "
    "ExxonMobil, EY, Ferrari, Fiat, Figma, Fujitsu, Gap, Garmin, Gartner, Genentech, GlaxoSmithKline, GoDaddy, "
    "GoPro, Grab, H&M, Haier, Hasbro, Heineken, Henkel, Hershey, Hitachi, Home Depot, Honda, Honeywell, HSBC, "
    "HubSpot, Humana, Hyundai, ING, Instacart, Intuit, John Deere, Kaiser Permanente, Kellogg's, Kia, KLM, Kraft "
    "Heinz, Kroger, L'Oréal, Lego, Lenovo, Levi's, LG, Lidl, LinkedIn, Lockheed Martin, Logitech, Lonza, Lowe's, "
    "Lyft, Macy's, Mars, Mastercard, Mattel, McKinsey, Medtronic, Merck, MetLife, Michelin, Micron, Mitsubishi, "
    "Moderna, MongoDB, Morgan Stanley, Motorola, NASA, Nasdaq, Nintendo, Nissan, Northrop Grumman, Novartis, Novo "
    "Nordisk, Okta, Orange, Otis, Palantir, Panasonic, Patagonia, PepsiCo, Peugeot, Pinterest, Porsche, Prudential, "
    "Puma, PwC, Qantas, Qualcomm, Rakuten, Raytheon, Red Hat, Reddit, Renault, Revolut, Ricoh, Roche, Roku, "
    "Rolls-Royce, Ryanair, S&P Global, Safeway, Sanofi, Santander, Sephora, ServiceNow, Sharp, Sky, Slack, Snap, "
    "Snowflake, Sodexo, Splunk, Square, Stanford University, State Farm, Subaru, Suzuki, Swarovski, Swiss Re, "
    "T-Mobile, Taco Bell, TD Bank, Telefónica, Tesco, Thales, TikTok, Toshiba, TotalEnergies, Trello, Twilio, "
    "Twitch, UBS, Udemy, Under Armour, Unity, Vanguard, Visa, VMware, Waymo, Wells Fargo, Wendy's, Whirlpool, Whole "
    "Foods, Wipro, Workday, Xerox, Xiaomi, Yahoo, Yamaha, Yelp, YouTube, Zendesk, Zillow, Zoom",
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
        return random.choice(entries(_KNOWN if split is Split.HELD_OUT else _KNOWN + _MORE_KNOWN, split))
    return invented(split, lambda: _new_name(random, split))


def _new_name(random: Random, split: Split) -> str:
    kind = random.random() if split is Split.TRAIN else 1.0
    if kind < 0.25:
        name = random.choice((made_up.spliced(random, _MORE_KNOWN), words.word(random).title()))
        return f"{name} {random.choice(_KIND)}" if random.random() < 0.2 else name
    if kind < 0.36:
        return f"{made_up.name(random, split)} {made_up.name(random, split)}"
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
    return f"{stem} {random.choice(_KIND)}" if random.random() < 0.6 else stem
