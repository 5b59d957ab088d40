"""Yes-or-no questions and one-sentence summaries."""

from random import Random

from corpus import layouts
from corpus.dialogue import Dialogue
from corpus.posting import Posting, posting
from corpus.split import Split, one_of
from corpus.tasks import instructions, wording
from corpus.template import fill, vary
from corpus.vocabulary import companies, places, terms, titles

_FRAMES = (
    "{question}\n\n{text}",
    "{text}\n\n{question}",
    "{text}\n\n{question} Answer yes or no.",
    "Answer yes or no: {question}\n\n{text}",
    'Job posting: "{text}"\n{question}',
    "Read the posting and answer with Yes or No.\n\n{text}\n\nQuestion: {question}",
)
_HELD_OUT_FRAMES = (
    "Yes or no? {question}\n---\n{text}",
    "Posting:\n{text}\n\nDecide yes or no: {question}",
)
_REQUESTS = (
    "{question}",
    "{question} Yes or no?",
    "{question} Answer with Yes or No.",
    "Yes or no: {question}",
    "Tell me: {question}",
    "{question} Say yes or no.",
    "Question: {question}",
    "Is it true? {question}",
)
_SUMMARISE = (
    "Summarize this job posting in one sentence:\n\n{text}",
    "{text}\n\nSummarize the posting in one sentence.",
    "Write a one-sentence summary of this job: {text}",
    "Give me a short summary.\n\n{text}",
    "Sum up the following job ad in a single sentence.\n\n{text}",
    "Summarise: {text}",
    "TL;DR of this posting?\n\n{text}",
)
_SUMMARY_REQUEST = (
    "[Summarize|Sum up|Write a summary of|Give a summary of|Describe|Shorten|Put|State] the {document} "
    "[in one sentence|in a sentence|briefly|in short|in few words|in a single line][.|.|, please.|:]"
)
_HELD_OUT_SUMMARISE = (
    "In one sentence, what is this ad about?\n\n{text}",
    "{text}\n\nPlease condense this ad into one sentence.",
)


def yes_or_no(random: Random, split: Split) -> Dialogue:
    """One to three questions with the answer "Yes" or "No"."""
    job = posting(random, split)
    document = layouts.write(random, job, split)
    dialogue = Dialogue("yes_no", instructions.opening(random, split))
    for number in range(random.choice((1, 2, 3, 4, 5))):
        question, answer = _question(random, job, document.stated, split)
        frame = one_of(random, _FRAMES, _HELD_OUT_FRAMES, split) if number == 0 else "{question}"
        if number == 0 and split is Split.TRAIN and random.random() < 0.6:
            frame = wording.framed(random, random.choice(_REQUESTS))
        text = frame.replace("{question}", question).replace("{text}", document.text)
        dialogue.ask(text, "Yes" if answer else "No")
    dialogue.facts = {"answer": dialogue.messages[-1]["content"]}
    return dialogue


def _question(random: Random, job: Posting, stated: frozenset[str], split: Split) -> tuple[str, bool]:
    truth = random.random() < 0.5
    facts = job.facts
    asked = [field for field in ("company", "location", "title", "mode", "contract") if field in stated]
    if not asked or random.random() < 0.35:
        field = random.choice(("salary", "email", "deadline", "phone", "company", "location"))
        names = {"email": "an e-mail address", "deadline": "a deadline", "phone": "a phone number"}
        template = random.choice(("Does the posting mention {x}?", "Is {x} given?", "Is {x} mentioned?"))
        return template.replace("{x}", names.get(field, f"a {field}")), field in stated
    field = random.choice(asked)
    if field == "company":
        name = facts["company"] if truth else companies.company(random, split)
        return f"{random.choice(('Is the job at', 'Is this job with', 'Is the employer'))} {name}?", truth
    if field == "location":
        name = facts["location"] if truth else places.place(random, split)
        return f"{random.choice(('Is the job in', 'Is the place of work', 'Is it in'))} {name}?", truth
    if field == "title":
        name = facts["title"] if truth else titles.title(random, split, random.choice(titles.DOMAINS))
        return fill(f"{random.choice(('Are they looking for a', 'Is this a job for a'))} {name}?", {}), truth
    options = terms.WORK_MODES if field == "mode" else terms.CONTRACTS
    value = facts[field] if truth else random.choice(options)
    return f"Is the job {value}?", value == facts[field]


def summary(random: Random, split: Split) -> Dialogue:
    """One sentence that repeats the main facts of a posting."""
    job = posting(random, split)
    document = layouts.write(random, job, split)
    question = one_of(random, _SUMMARISE, _HELD_OUT_SUMMARISE, split)
    if split is Split.TRAIN and random.random() < 0.5:
        question = wording.framed(random, vary(random, _SUMMARY_REQUEST))
    dialogue = Dialogue("summary", instructions.opening(random, split))
    answer = _sentence(job, document.stated)
    dialogue.facts = {"answer": answer}
    return dialogue.ask(question.replace("{text}", document.text), answer)


def _sentence(job: Posting, stated: frozenset[str]) -> str:
    text = "{company} is looking for a {title}" if "company" in stated else "The job is a {title} position"
    if "title" not in stated:
        text = "{company} has an open position" if "company" in stated else "This is a job posting"
    for field, words in (
        ("location", " in {location}"),
        ("years", " with {years} years of experience"),
        ("salary", ", paying {salary}"),
    ):
        text += words if field in stated else ""
    return fill(text + ".", job.facts)
