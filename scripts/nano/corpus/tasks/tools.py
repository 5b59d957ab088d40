"""Calls of functions in the JSON style of Llama 3.1."""

import json
from random import Random
from typing import Any

from corpus.dialogue import Dialogue, Message
from corpus.posting import posting
from corpus.split import Split, invented
from corpus.tasks import conversation, instructions
from corpus.vocabulary import made_up

_VERBS = ("search", "find", "get", "list", "lookup", "fetch", "query", "count", "save", "open")
_NOUNS = ("jobs", "companies", "salary", "postings", "candidates", "skills", "vacancies", "weather", "offers")
_TOPICS = {
    "title": "The job title", "company": "The company", "location": "The city", "query": "Search words",
    "skill": "A skill", "salary": "The salary", "email": "An e-mail address", "reference": "The job ID",
}  # fmt: skip
_REQUESTS = {
    "title": "for a {v}", "company": "at {v}", "location": "in {v}", "query": "about {v}", "skill": "with {v}",
    "salary": "paying {v}", "email": "for {v}", "reference": "with ID {v}",
}  # fmt: skip
_PREFACE = (
    "Given the following functions, please respond with a JSON for a function call with its proper "
    "arguments that best answers the given prompt.\n\n"
    'Respond in the format {"name": function name, "parameters": dictionary of argument name and its '
    "value}. Do not use variables.\n\n"
)


def call(random: Random, split: Split) -> Dialogue:
    """One or two functions are offered, and one fits the request."""
    job = posting(random, split)
    values = {**job.facts, "query": job.facts["title"], "skill": job.skills[0]}
    names = [_name(random, split) for _ in range(random.choice((1, 1, 2)))]
    tools = [_tool(name, random.sample(sorted(_TOPICS), random.randint(1, 2))) for name in names]
    chosen = random.choice(tools)["function"]
    parameters = {key: values[key] for key in chosen["parameters"]["properties"]}
    verb, noun = chosen["name"].split("_", 1)
    words = " ".join(_REQUESTS[key].replace("{v}", value) for key, value in parameters.items())
    start = random.choice(("Please {}", "{}", "Can you {}", "I want to {}"))
    request = f"{start.format(verb)} {noun.replace('_', ' ')} {words}"
    messages = _offered(random, split, tools, request)
    answer = json.dumps({"name": chosen["name"], "parameters": parameters}, ensure_ascii=False)
    messages.append({"role": "assistant", "content": answer})
    if random.random() < 0.3:
        found = {"title": job.facts["title"], "company": job.facts["company"]}
        messages.append({"role": "ipython", "content": json.dumps(found, ensure_ascii=False)})
        reply = f"I found this: {found['title']} at {found['company']}."
        messages.append({"role": "assistant", "content": reply})
    return Dialogue("tools", messages)


def no_call(random: Random, split: Split) -> Dialogue:
    """Functions are offered, and the message is small talk or nonsense: it gets a plain answer."""
    source = random.choice((conversation.talk, conversation.refusal))
    question, answer = source(random, split).messages[-2:]
    topics = random.sample(sorted(_TOPICS), random.randint(1, 2))
    tools = [_tool(_name(random, split), topics)]
    return Dialogue("unused_tools", [*_offered(random, split, tools, question["content"]), answer])


def _name(random: Random, split: Split) -> str:
    noun = random.choice(_NOUNS)
    if random.random() < 0.3:
        noun = invented(split, lambda: made_up.word(random)).lower()
    return f"{random.choice(_VERBS)}_{noun}"


def _tool(name: str, topics: list[str]) -> dict[str, Any]:
    properties = {topic: {"type": "string", "description": _TOPICS[topic]} for topic in topics}
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": f"{name.replace('_', ' ').capitalize()}",
            "parameters": {"type": "object", "properties": properties, "required": topics},
        },
    }


def _offered(random: Random, split: Split, tools: list[dict[str, Any]], request: str) -> list[Message]:
    """The messages as the chat template renders them when tools are given with the request."""
    system = instructions.opening(random, split)
    text = "Environment: ipython" + (f"\n\n{system[0]['content']}" if system else "")
    listed = "".join(json.dumps(tool, indent=4, ensure_ascii=False) + "\n\n" for tool in tools)
    return [
        {"role": "system", "content": text},
        {"role": "user", "content": _PREFACE + listed + request},
    ]
