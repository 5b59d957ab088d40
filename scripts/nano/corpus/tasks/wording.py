"""Instructions put together from parts: a few hundred words give many thousands of phrasings."""

from random import Random

from corpus.tasks.fields import FIELDS, HELD_OUT_FIELDS, HELD_OUT_KEYS, KEYS
from corpus.vocabulary import words
from corpus.vocabulary.listing import listed

_VERBS = listed(
    "Extract; Find; Give me; Tell me; Return; Identify; Get; Name; State; Provide; Report; Show me; Locate; Write "
    "down; Copy; Output; Look up; Pick out; Determine; Detect; Respond with; Answer with; I want; I need; We need; "
    "Let me know; Can you find; Can you give me; Could you extract; Please state; Please extract; Please find; "
    "Kindly extract; Your task is to find; Work out; Figure out; Fish out; Write out; Single out; Dig up; Spell out; "
    "Quote; Repeat; List; Show; Select; Choose; Mention; Note; Fetch; Retrieve; Obtain; Collect; Deliver; Point out; "
    "Would you name; Will you tell me; Let us have; Make out; I would like to know; Read off; Take out; "
    "Search for; Please give me; "
    "You should extract; Try to find; Help me find; Go and get; Reply with; Write",
    separator=";",
)
_DOCUMENTS = listed(
    "text; posting; job posting; ad; job ad; advertisement; message; document; announcement; vacancy; listing; "
    "job listing; page; passage; input; notice; snippet; job description; e-mail; post; content; paragraph; form",
    separator=";",
)
_SOURCES = (
    "", "", "", " from the {document}", " in this {document}", " mentioned in the {document}", " stated below",
    " given in the following {document}", " of this {document}", " of the job", " from the {document} below",
    " from this", " here", " that the {document} gives", " contained in the {document}",
)  # fmt: skip
_QUESTIONS = (
    "What is the {field}?", "Which {field} is given?", "What {field} does the {document} mention?", "What's the "
    "{field}?", "What is the {field} in the {document}?", "{field}?", "The {field}, please.", "{field}:", "What "
    "{field} is stated?", "Do you know the {field}?", "Which is the {field}?", "Question: what is the {field}?",
    "What would be the {field} here?", "Q: {field}?",
)  # fmt: skip
_SUFFIXES = (
    "", "", "", "", "", " Nothing else.", " Be brief.", " Answer briefly.", " Only the {field}.", " No explanation.",
    " Do not explain.", " Give only the {field}.", " Keep it short.", " Write nothing else.", " Thanks!",
)  # fmt: skip
_BEFORE = (
    "{text}", "{text}", "{text}", "Text: {text}", "{Document}: {text}", "{Document}:\n{text}", "Here is the "
    "{document}:\n{text}", "Here is a {document}: {text}", "Read this {document}.\n\n{text}", "Look at this "
    "{document}:\n\n{text}", "---\n{text}\n---", '"{text}"', '{Document}: "{text}"',
    "<{document}>\n{text}\n</{document}>",
    "This is the {document}.\n{text}", "```\n{text}\n```", "Input:\n{text}", "Given this {document}:\n\n{text}",
    "I have a {document}: {text}", "({document})\n{text}", "BEGIN\n{text}\nEND", "My {document}: {text}",
    "~~~\n{text}\n~~~",
    "{Document} 1:\n{text}", "Somebody wrote: {text}", "[{document}] {text}", "The {document} says: {text}",
    "'{text}'", "**{Document}**\n{text}", "{text}\n---", "As follows: {text}", "We got this {document}: \"{text}\"",
    "### {Document}\n{text}", "[{text}]",
)  # fmt: skip
_JSON = (
    "{verb} {keys}{source} as JSON.", "{verb} {keys}{source} as a JSON object.", "{verb} a JSON object with {keys}.",
    "{verb} JSON with the keys {keys}.", "JSON with {keys}.", "Use JSON. Keys: {keys}.", "Fill in {keys} as JSON.",
    "{verb} {keys}{source}. Answer in JSON.", "Answer in JSON with the fields {keys}.", "Keys: {keys}. Format: JSON.",
    "Turn the {document} into JSON with {keys}.", "As JSON: {keys}.", "Make a JSON object of {keys}.", "Write JSON "
    "with exactly these keys: {keys}.", "The {document} as JSON, with {keys}, please.", "Convert to JSON: {keys}.",
    "{verb} the fields {keys} in JSON format.", "Output only JSON with {keys}.", "I need the JSON keys {keys} filled.",
    "{verb} {contents} {keys}{source} as JSON.", "{verb} {contents} {keys} in JSON.", "JSON: {contents} {keys}.",
    "{verb} JSON that holds {contents} {keys}.", "Give {contents} {keys} as a JSON object.",
    "{verb} {contents} {keys}{source}, as JSON.",
)  # fmt: skip
_JSON_NAMED = (
    "{keys} JSON", "JSON: {keys}", "{keys} as JSON", "JSON {w} {keys}", "JSON {w} {w} {keys}", "{w} {keys}, JSON",
    "{w} {w} {keys} as JSON", "JSON, {w} {keys}", "{w} {w} {w} {keys} {w} JSON", "{keys} {w} {w} JSON",
)  # fmt: skip
# What may stand before the keys and is none of them.
_CONTENTS = listed(
    "the contents of; the content of; the entries for; the entry under; the data for; the data of; the details of; the "
    "details on; the information on; the information about; the facts about; what it says about; what is said of; the "
    "answers to; the answers for; the text of; the wording of; the particulars of; the figures for; the material on; "
    "the words for; everything on; the items; the attributes; the properties; the columns; the parts called; "
    "the pieces",
    ";",
)
_NOUNS = {
    "title": listed("job position role post vacancy opening work"),
    "company": listed("company employer organization firm business enterprise"),
    "location": listed("location place city office town site workplace"),
    "salary": listed("salary pay wage compensation remuneration"),
    "email": listed("email e-mail mail"),
    "reference": listed("reference job posting vacancy"),
    "deadline": listed("deadline application closing apply"),
    "contact": listed("contact recruiter person"),
}
_ADJECTIVES = listed(
    "open available current main exact full given listed mentioned stated offered right actual correct complete "
    "published new relevant official respective above following single first real proper precise said",
)
_FORMS = {
    "title": listed("{n} title;title of the {n};name of the {n};open {n};{n} name;{n} on offer;offered {n};{n}", ";"),
    "company": listed("{n};{n} name;name of the {n};{n} that is hiring;{n} behind the job;recruiting {n}", ";"),
    "location": listed("{n};{n} of the job;job {n};{n} of work;{n} where the job is;{n} name;name of the {n}", ";"),
    "salary": listed("{n};{n} range;{n} offered;yearly {n};amount of {n};{n} for the job;range of the {n}", ";"),
    "email": listed("{n};{n} address;{n} of the contact;{n} for applications;address for {n}s", ";"),
    "reference": listed("{n} number;{n} ID;{n} code;code of the {n};number of this {n}", ";"),
    "deadline": listed("{n} date;{n} deadline;date of {n};last day of {n};final {n} day", ";"),
    "contact": listed("{n};{n} name;{n} to ask;{n} in charge;responsible {n};full name of the {n}", ";"),
}


def field_name(random: Random, field: str) -> str:
    """A name for a field that the evaluation does not use; half of them are put together."""
    while field in _FORMS and random.random() < 0.7:
        name = random.choice(_FORMS[field]).replace("{n}", random.choice(_NOUNS[field]))
        if random.random() < 0.2:
            # Any word may stand before the one that matters, or behind it.
            name = random.choice(
                ("{a} {n}", "{a} {n}", "{n} of the {a}", "{n} {a}", "{n} for {a}", "{a} of the {n}")
            ).replace("{n}", name)
            name = name.replace("{a}", random.choice((random.choice(_ADJECTIVES), words.word(random))))
        if name not in HELD_OUT_FIELDS[field]:
            return name
    return random.choice(FIELDS[field])


def key(random: Random, field: str) -> str:
    """A JSON key for a field, in one of several styles, that the evaluation does not use."""
    while random.random() < 0.6:
        parts = field_name(random, field).replace("-", " ").split()
        if random.random() < 0.15:
            parts.append(
                random.choice(("name", "value", "text", "field", "info", "data", "string", words.word(random)))
            )
        name = styled(random, parts)
        if name not in HELD_OUT_KEYS.get(field, ()):
            return name
    return random.choice(KEYS[field])


def styled(random: Random, parts: list[str]) -> str:
    """Words as one JSON key, in one of the usual styles."""
    return random.choice(
        ("_".join(parts), "_".join(parts), camel(parts), camel(parts), "-".join(parts), " ".join(parts))
    )


def unknown_key(random: Random) -> str:
    """A key that no posting has a fact for: it has to be copied, and its value is null."""
    return styled(random, [words.word(random) for _ in range(random.randint(1, 3))])


def camel(parts: list[str]) -> str:
    """Words joined asLikeThis."""
    return parts[0] + "".join(part.capitalize() for part in parts[1:])


def extraction(random: Random) -> str:
    """An instruction with {field} and {text} left open."""
    return framed(random, request(random))


def request(random: Random, rambling: bool = True) -> str:
    """What is asked for, without the text, with {field} left open; rambling, it may make no sense without a text."""
    kind = random.random()
    if kind < 0.08 and rambling:
        asked = _rambling(random, "{field}")
    elif kind < 0.45:
        asked = random.choice(_QUESTIONS)
    else:
        asked = f"{random.choice(_VERBS)} the {{field}}{random.choice(_SOURCES)}{random.choice('..::!')}"
    return asked.replace("{document}", random.choice(_DOCUMENTS)) + random.choice(_SUFFIXES)


def json_extraction(random: Random, rambling: bool) -> str:
    """An instruction with {keys} and {text} left open; rambling needs keys that are one word each."""
    if rambling and random.random() < 0.2:
        return framed(random, _rambling(random, random.choice(_JSON_NAMED)))
    request = random.choice(_JSON).replace("{verb}", random.choice(_VERBS))
    request = request.replace("{contents}", random.choice(_CONTENTS))
    return framed(random, request.replace("{source}", random.choice(_SOURCES)))


def _rambling(random: Random, wanted: str) -> str:
    """What is wanted between words of no meaning: whatever the sentence, the names in it are what counts."""
    verb = random.choice(("", "", random.choice(_VERBS) + " "))
    while "{w}" in wanted:
        wanted = wanted.replace("{w}", words.word(random), 1)
    before, after = words.several(random, 0, 5), words.several(random, 0, 4)
    request = f"{verb}{before} {wanted} {after}".strip().replace("  ", " ")
    return request[:1].upper() + request[1:] + random.choice(".?:! ")


def framed(random: Random, request: str) -> str:
    """Put the request before or after the text, and say what kind of document the text is."""
    document = random.choice(_DOCUMENTS)
    text = random.choice(_BEFORE).replace("{Document}", document.capitalize())
    gap = random.choice(("\n\n", "\n\n", "\n", " "))
    framed = request + gap + text if random.random() < 0.6 else text + gap + request
    return framed.replace("{document}", document)
