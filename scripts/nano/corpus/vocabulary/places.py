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
# More of them, for training alone: a list that is short is learned by heart instead of being copied.
_MORE_CITIES = listed(
    "Accra, Ghana; Adelaide, Australia; Albany, NY; Albuquerque, NM; Algiers, Algeria; Ankara, Turkey; Antwerp, "
    "Belgium; Asheville, NC; Astana, Kazakhstan; Baltimore, MD; Baku, Azerbaijan; Basel, Switzerland; Bath, UK; "
    "Beirut, Lebanon; Belfast, UK; Belgrade, Serbia; Bergen, Norway; Bern, Switzerland; Bilbao, Spain; Birmingham, "
    "UK; Boise, ID; Bologna, Italy; Bonn, Germany; Bordeaux, France; Boulder, CO; Bratislava, Slovakia; Bremen, "
    "Germany; Brisbane, Australia; Bristol, UK; Bucharest, Romania; Buffalo, NY; Calgary, Canada; Cambridge, MA; "
    "Cambridge, UK; Canberra, Australia; Cardiff, Wales; Casablanca, Morocco; Charlotte, NC; Chennai, India; "
    "Cincinnati, OH; Cleveland, OH; Colombo, Sri Lanka; Columbus, OH; Cork, Ireland; Dakar, Senegal; Dar es Salaam, "
    "Tanzania; Darmstadt, Germany; Des Moines, IA; Dhaka, Bangladesh; Doha, Qatar; Dortmund, Germany; Dresden, "
    "Germany; Durham, NC; Durban, South Africa; Düsseldorf, Germany; Eindhoven, Netherlands; El Paso, TX; Essen, "
    "Germany; Eugene, OR; Florence, Italy; Frankfurt, Germany; Fresno, CA; Fukuoka, Japan; Galway, Ireland; Gdansk, "
    "Poland; Geneva, Switzerland; Genoa, Italy; Ghent, Belgium; Glasgow, Scotland; Gothenburg, Sweden; Graz, "
    "Austria; Guadalajara, Mexico; Haifa, Israel; Halifax, Canada; Hanover, Germany; Hartford, CT; Ho Chi Minh City, "
    "Vietnam; Honolulu, HI; Hyderabad, India; Indianapolis, IN; Innsbruck, Austria; Jacksonville, FL; Jersey City, "
    "NJ; Johannesburg, South Africa; Kampala, Uganda; Kansas City, MO; Karachi, Pakistan; Kigali, Rwanda; Kolkata, "
    "India; Kraków, Poland; Kuala Lumpur, Malaysia; Kuwait City, Kuwait; Kyiv, Ukraine; Kyoto, Japan; Lahore, "
    "Pakistan; Las Vegas, NV; Lausanne, Switzerland; Leeds, UK; Leicester, UK; Leipzig, Germany; Leuven, Belgium; "
    "Lexington, KY; Lille, France; Linz, Austria; Liverpool, UK; Ljubljana, Slovenia; Louisville, KY; Lucerne, "
    "Switzerland; Lusaka, Zambia; Luxembourg; Macau; Madison, WI; Malaga, Spain; Malmö, Sweden; Mannheim, Germany; "
    "Marseille, France; Medellín, Colombia; Memphis, TN; Milwaukee, WI; Minneapolis, MN; Minsk, Belarus; Monterrey, "
    "Mexico; Montevideo, Uruguay; Moscow, Russia; Mountain View, CA; Nantes, France; Naples, Italy; New Orleans, LA; "
    "Newark, NJ; Newcastle, UK; Nice, France; Nuremberg, Germany; Oakland, CA; Oklahoma City, OK; Omaha, NE; "
    "Orlando, FL; Ottawa, Canada; Oxford, UK; Palermo, Italy; Palo Alto, CA; Panama City, Panama; Perth, Australia; "
    "Philadelphia, PA; Phnom Penh, Cambodia; Pittsburgh, PA; Porto, Portugal; Potsdam, Germany; Providence, RI; "
    "Pune, India; Quebec City, Canada; Quito, Ecuador; Raleigh, NC; Reading, UK; Redmond, WA; Reno, NV; Reykjavik, "
    "Iceland; Richmond, VA; Riga, Latvia; Rio de Janeiro, Brazil; Riyadh, Saudi Arabia; Rochester, NY; Rotterdam, "
    "Netherlands; Sacramento, CA; Salt Lake City, UT; Salzburg, Austria; San Antonio, TX; San Diego, CA; San Jose, "
    "CA; Santa Monica, CA; Sapporo, Japan; Sarajevo, Bosnia; Savannah, GA; Seville, Spain; Sheffield, UK; Shenzhen, "
    "China; Sofia, Bulgaria; Southampton, UK; St. Louis, MO; Strasbourg, France; Stuttgart, Germany; Sunnyvale, CA; "
    "Taipei, Taiwan; Tallinn, Estonia; Tampa, FL; Tbilisi, Georgia; Tempe, AZ; The Hague, Netherlands; Toledo, OH; "
    "Toulouse, France; Trieste, Italy; Tucson, AZ; Tulsa, OK; Tunis, Tunisia; Turin, Italy; Utrecht, Netherlands; "
    "Valencia, Spain; Venice, Italy; Verona, Italy; Vilnius, Lithuania; Washington, DC; Wellington, New Zealand; "
    "Wichita, KS; Winnipeg, Canada; Wrocław, Poland; Yerevan, Armenia; York, UK; Zagreb, Croatia",
    separator=";",
)
_TOWNS = tuple(city.split(",")[0] for city in _MORE_CITIES)
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
        city = random.choice(entries(_CITIES if split is Split.HELD_OUT else _CITIES + _MORE_CITIES, split))
        return city.split(",")[0] if random.random() < 0.35 else city
    return invented(split, lambda: _new_town(random, split))


def _new_town(random: Random, split: Split) -> str:
    if split is Split.TRAIN and random.random() < 0.2:
        town = made_up.spliced(random, _TOWNS)
        return f"{town}, {random.choice(_REGIONS)}" if random.random() < 0.5 else town
    town = made_up.name(random, split)
    if random.random() < (0.5 if split is Split.HELD_OUT else 0.25):
        town += random.choice(_TAILS)
    if random.random() < 0.15:
        town = f"{random.choice(('New', 'Port', 'San', 'Saint', 'Bad', 'East', 'Upper', 'Fort'))} {town}"
    if split is Split.TRAIN and random.random() < 0.2:
        return f"{town}, {made_up.name(random, split)}"
    return f"{town}, {random.choice(_REGIONS)}" if random.random() < 0.55 else town
