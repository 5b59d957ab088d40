"""Postings in layouts put together by chance: joints, marks and words around the facts, hardly ever the same twice."""

from random import Random

from corpus.layouts.labelled import LABELS
from corpus.posting import Posting
from corpus.template import fill, stated, vary
from corpus.vocabulary import words

_JOINTS = (
    " - ", " – ", " | ", " / ", " :: ", ", ", ", ", "; ", " * ", " + ", " ~ ", " -- ", " < ", " >> ", " · ", " & ",
    ". ",
    " // ", " \\ ", " … ", "\n", "\n", "\n\n", "\t", " -> ", " = ", "   ", " _ ",
)  # fmt: skip
_AROUND = (
    "{x}", "{x}", "{x}", "{x}", "({x})", "[{x}]", "*{x}*", "**{x}**", "__{x}__", "_{x}_", '"{x}"', "'{x}'", "<{x}>",
    "#{x}", "@{x}", "`{x}`", "# {x}", "## {x}", "{x}!", "> {x}", "~{x}~", "={x}=", "<b>{x}</b>", "{x}:", "### {x}",
    "- {x}",
)  # fmt: skip
_TITLE = (
    "{t}", "{t}", "[job|role|position|work|career|offer]: {t}", "{t} [job|role|position|wanted|needed|required|m/f/d]",
    "[wanted|hiring|looking for|now open|searching|join as|new]: {t}", "[a|one|new|our next|your job as] {t}",
)  # fmt: skip
_COMPANY = (
    "{c}", "{c}", "[at|with|by|for|from|@] {c}", "{c} [is hiring|hires|careers|jobs|is growing|team]",
    "[company|employer|firm]: {c}", "[join|meet|about|we are|team] {c}",
)  # fmt: skip
_LOCATION = (
    "{l}", "{l}", "[in|near|at|around|for] {l}", "[location|city|place|where|office]: {l}",
    "{l} [office|area|region|site]",
    "[based|located|working|live] in {l}",
)  # fmt: skip
_OTHERS = (
    "{salary}", "{mode}", "{contract}", "[pay|salary|earn|up to] {salary}", "[ref|ref.|no.|id] {reference}", "{email}",
    "[start|from|starting] {start}", "[apply by|until|deadline] {deadline}", "{years} [years|years of experience|yrs]",
    "[call|phone|tel] {phone}", "[ask|contact|your contact:] {contact}", "[tasks|you will|to]: {duties}",
    "[skills|needs|with]: {skills}", "{education}",
)  # fmt: skip
_TAGS = (
    "#jobs",
    "#career",
    "#work",
    "#newjob",
    "#apply",
    "!!!",
    "Apply!",
    "Share this!",
    "Good luck!",
    ":)",
    "🙂",
    "🚀",
    "",
)
_CLAUSES = (
    "[since|because|when|while|after|before|although|now that] {w}", "[as|like] {w}", "[there is|it is|here is] {w}",
    "[dear|hello|hi|listen,] {w}", "{w}",
)  # fmt: skip


def pieces(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Facts in any order between any marks: headlines, posts, cards and lists."""
    parts = [random.choice(_TITLE).replace("{t}", "{title}")]
    names = random.choice((["c", "l"], ["c", "l"], ["c"], ["l"], []))
    for name in names:
        known = _COMPANY if name == "c" else _LOCATION
        parts.append(random.choice(known).replace("{c}", "{company}").replace("{l}", "{location}"))
    bare = "{company}" in parts and "{location}" in parts  # only the order tells two invented names apart
    place = parts.index("{location}") if bare else 0
    others = _distinct(random, _OTHERS, random.choice((0, 0, 1, 1, 2, 3)))
    # A region, a legal form or an address show which name is which in whatever order.
    bare = bare and "," not in posting.facts["location"] and " " not in posting.facts["company"]
    bare = bare and "{email}" not in others
    parts = [vary(random, part) for part in (*parts, *others)]
    parts = [random.choice((str, str, _first_upper))(part) for part in parts]
    random.shuffle(parts)
    if bare and place:
        first, second = sorted((parts.index("{company}"), parts.index("{location}")))
        parts[first], parts[second] = "{company}", "{location}"
    one = random.choice(_JOINTS)
    mixed = random.random() < 0.4
    text = ""
    for number, part in enumerate(parts):
        joint = "" if number == 0 else (random.choice(_JOINTS) if mixed else one)
        text += joint + random.choice(_AROUND).replace("{x}", part)
    if random.random() < 0.4:
        text += " " + random.choice(_TAGS)
    if random.random() < 0.3:
        text = f"{_first_upper(words.several(random, 1, 5))}{random.choice(':!.?,')} {text}"
    return fill(text, posting.facts), stated((text,))


def form(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Labels and values with marks chosen once for the whole form."""
    before = random.choice(
        ("", "", "", "- ", "* ", "+ ", "<", "(", "{ ", ". ", "| ", "~ ", "-- ", "/ ", '"', "_", "o ", "» ")
    )
    after = random.choice(
        (": ", ": ", ":", " - ", ") ", " | ", " : ", "\t", " ~ ", " -> ", ">> ", "... ", " / ", " is ", "\n", '": ')
    )
    end = random.choice(("\n", "\n", "\n", "\n\n", "; ", " | ", ", ", " / ", " ", ".\n", ";\n"))
    fields = [field for field in ("title", "company", "location") if random.random() < 0.85]
    others = [field for field in LABELS if field not in ("title", "company", "location")]
    fields += random.sample(others, random.randint(0, 4))
    random.shuffle(fields)
    style = random.choice((str, str, str.upper, str.lower, str.title))
    rows = []
    for field in fields or ["title"]:
        label = random.choice(LABELS[field])
        if random.random() < 0.1:
            label = random.choice((f"{words.word(random)} {label}", f"{label} {words.word(random)}"))
            if field in ("title", "company", "location", "salary") and random.random() < 0.3:
                label = words.word(random)  # these facts show what they are
        rows.append(f"{before}{style(label)}{after}{posting.facts[field]}")
    if random.random() < 0.2:
        rows.insert(
            random.randint(0, len(rows)), f"{before}{style(words.word(random))}{after}{words.several(random, 1, 3)}"
        )
    head = random.choice(
        ("", "", f"{words.several(random, 1, 4).title()}\n", f"=== {words.several(random, 1, 2)} ===\n")
    )
    return head + end.join(rows), frozenset(fields or ["title"])


def sentence(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Sentences of chance words with the facts in them: only the facts themselves tell what they are."""
    parts = [vary(random, random.choice(("[a|a|the|one|this|any] {title}", "{title}", "[role|job|post] of {title}")))]
    for known in random.choice(((_COMPANY, _LOCATION), (_COMPANY, _LOCATION), (_COMPANY,), (_LOCATION,))):
        marked = random.choice(known[2:])  # with a word that tells a company from a town
        parts.append(vary(random, marked).replace("{c}", "{company}").replace("{l}", "{location}"))
    parts += [vary(random, part) for part in _distinct(random, _OTHERS, random.choice((0, 0, 1, 2)))]
    random.shuffle(parts)
    text = vary(random, random.choice(_CLAUSES)).replace("{w}", words.several(random, 1, 6))
    for part in parts:
        text += random.choice((" ", " ", " ", ", ", "; ")) + part + " " + words.several(random, 0, 5)
    text = _first_upper(" ".join(text.split(" "))).strip() + random.choice(".!.?")
    return fill(text.replace("  ", " "), posting.facts), stated((text,))


def _distinct(random: Random, templates: tuple[str, ...], count: int) -> list[str]:
    """Some templates, no fact twice."""
    chosen: list[str] = []
    for template in random.sample(templates, count):
        if not stated(chosen) & stated((template,)):
            chosen.append(template)
    return chosen


def _first_upper(text: str) -> str:
    return text if text.startswith("{") else text[:1].upper() + text[1:]
