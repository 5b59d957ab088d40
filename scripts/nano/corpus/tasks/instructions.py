"""System messages and the many ways to ask for the same thing, one list per split."""

from random import Random

from corpus.dialogue import Message
from corpus.split import Split, one_of
from corpus.vocabulary import words

Prompts = tuple[tuple[str, ...], tuple[str, ...]]  # for training, held out

_SYSTEM = (
    "You are a helpful assistant for job discovery.",
    "You are a helpful assistant for job discovery.",
    "You are an AI assistant that helps extract information from job postings.",
    "You are an AI assistant that helps extract information from job postings.",
    "You are a helpful assistant.",
    "You are a job discovery assistant.",
    "You are an expert in recruiting.",
    "You are an expert recruiter and writer of job descriptions.",
    "You help people find jobs.",
    "You extract information from text. Answer briefly.",
    "You are a career assistant. Be concise.",
    "You classify text.",
    "You are a careful assistant who reads job postings and answers questions about them.",
    "Answer the user's question.",
    "You work for a job board.",
    "You are an AI that reads documents from the hiring process.",
    "Be accurate and short.",
)
_HELD_OUT_SYSTEM = (
    "You are an assistant that reads vacancies and answers precisely.",
    "Act as a helpful recruiter.",
    "You are a friendly assistant for job seekers.",
)

EXTRACT = (
    'Extract the {field} from: "{text}"',
    'Extract the {field} from: "{text}"',
    "Extract the {field} from: {text}",
    "Extract the {field} from this text: {text}",
    "Extract the {field} from the following job posting:\n\n{text}",
    "Extract the {field} from the job posting below.\n\n{text}",
    "What is the {field}?\n\n{text}",
    "What is the {field} in this posting?\n\n{text}",
    "{text}\n\nWhat is the {field}?",
    "{text}\n\nExtract the {field}.",
    "{text}\n\nName the {field} in this posting.",
    "Find the {field} in the text.\n\nText: {text}",
    "Read this job ad and tell me the {field}:\n{text}",
    "Give me the {field} of this job: {text}",
    'Text: "{text}"\nQuestion: What is the {field}?',
    "Tell me the {field}: {text}",
    "Job posting:\n{text}\n\nQuestion: what is the {field}?",
    "Please find the {field}.\n---\n{text}\n---",
    "I need the {field} from this ad: {text}",
    "Which {field} is mentioned here?\n\n{text}",
    "{field}?\n\n{text}",
    "Return only the {field}.\n\n{text}",
    "Identify the {field} in the following: {text}",
    "<posting>\n{text}\n</posting>\nExtract the {field}.",
)
HELD_OUT_EXTRACT = (
    "From the text below, pull out the {field}.\n\n{text}",
    "Please read the following and answer with the {field} only: {text}",
    "{text}\n\nCould you tell me the {field}?",
    'Here is an ad: "{text}" Please extract the {field}.',
    "Document:\n{text}\n\nTask: find the {field}.",
)
EXTRACT_MORE = (
    "What is the {field}?",
    "And the {field}?",
    "What about the {field}?",
    "Now extract the {field}.",
    "And what is the {field}?",
    "The {field}?",
    "Please also give me the {field}.",
)
EXTRACT_JSON = (
    "Extract {keys} as JSON from: {text}",
    'Extract {keys} as JSON from: "{text}"',
    "Extract {keys} as JSON: {text}",
    "Extract {keys} as JSON: {text}",
    "Extract the following fields as JSON: {keys}\n\n{text}",
    "Return a JSON object with the keys {keys} for this job posting:\n\n{text}",
    "{text}\n\nReturn JSON with the keys {keys}.",
    "{text}\n\nAnswer with a JSON object with these keys: {keys}.",
    "Read the posting and fill in this JSON: {schema}\n\n{text}",
    "Convert this posting to JSON ({keys}):\n{text}",
    "Give me {keys} as a JSON object.\n\n{text}",
    "Fields: {keys}\nFormat: JSON\nText: {text}",
    "Extract the information from the posting. Use exactly these JSON keys: {keys}.\n\n{text}",
    "Extract job information as JSON.\nKeys: {keys}\n\n{text}",
)
JSON_MORE = (
    "Now with {keys}.",
    "And {keys}?",
    "Keys: {keys}.",
    "{keys}",
    "The same with {keys}, please.",
    "JSON of {keys}.",
    "As JSON: {keys}.",
    "Extract {keys} as JSON.",
)
HELD_OUT_EXTRACT_JSON = (
    "Please produce a JSON object containing {keys} from this ad:\n\n{text}",
    "Text:\n{text}\n\nWrite the values of {keys} as JSON.",
    "Parse the posting below into JSON, using the keys {keys}.\n---\n{text}",
)


def opening(random: Random, split: Split) -> list[Message]:
    """The messages before the first question: a system message, or none in a third of cases."""
    # Training has fewer of them than people send: they cost tokens and teach little.
    if random.random() < (0.6 if split is Split.TRAIN else 0.35):
        return []
    if split is Split.TRAIN and random.random() < 0.2:
        return [{"role": "system", "content": words.several(random, 3, 10).capitalize() + "."}]
    return [{"role": "system", "content": one_of(random, _SYSTEM, _HELD_OUT_SYSTEM, split)}]
