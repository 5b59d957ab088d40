"""Everyday words that mean nothing in particular: noise around what is asked for, in training only."""

from random import Random

from corpus.split import Split
from corpus.vocabulary import made_up
from corpus.vocabulary.listing import listed

_WORDS = listed(
    "about above after again all also always and another any around as back because before behind below best better "
    "between big both bring but by can chance change clear close come could day different do down each early easy "
    "end enough even every family far fast few final find first follow for free friend from full future general get "
    "give go good great group grow half hand happy hard have head help here high hold hope hour how idea if "
    "important in inside interest into just keep kind know large last late later learn least leave less let life "
    "like line list little live local long look lot love make many matter maybe mean middle moment more morning most "
    "move much must near need never new next night no nothing now of off often old on once one only or order other "
    "our out over own page part people perhaps plan please point possible power problem public put question quick "
    "quite ready real really reason right room round same say second see send several short should show side simple "
    "since small so some something soon special still stop story strong such sure take talk team tell than that the "
    "their then there these they thing think this through time to today together too top true try turn two under "
    "until up upon usual very wait want watch way we week well what when where which while who whole why will with "
    "within without word world would year yes yet you young your asked asking based bearing building bringing called "
    "calling carrying chosen coming counted covering described drawn during entered featuring filled filling "
    "following forming found given giving going grouped having held holding including keeping known leaving listed "
    "listing looking made making marked matching meant naming needed offered picked placing printed providing put "
    "reading required resulting said seen sent set setting showing sorted spelled standing stored taken taking told "
    "turned under wanted wanting working writing written against among applying arriving advertising answering "
    "bidding booking buying choosing cleaning closing collecting deciding driving earning eating employing ending "
    "entering fixing flying gaining hearing helping hiring hosting joining learning leading lending loading meeting "
    "mixing moving opening ordering owning packing paying planning playing posting renting riding running saving "
    "selling sending serving sharing sleeping starting stopping teaching testing thinking trading training "
    "travelling using voting waiting walking winning above-named actual annual average back basic blank central "
    "common daily direct double dry due empty equal extra federal fixed foreign formal former global inner joint "
    "junior legal lower main major minor modern monthly mutual native net normal outer partial past personal "
    "preferred previous primary prime private proposed regular rough second secondary selected senior silent single "
    "social solid spare stated strict target third total typical unique upper urgent valid vacant visible weekly "
    "below beside beyond despite except inside like near onto outside per plus regarding toward unlike via whose",
)


def word(random: Random) -> str:
    """An everyday word, now and then an invented one."""
    return made_up.name(random, Split.TRAIN).lower() if random.random() < 0.2 else random.choice(_WORDS)


def several(random: Random, least: int, most: int) -> str:
    """Some words in a row, in lower case."""
    return " ".join(word(random) for _ in range(random.randint(least, most)))
