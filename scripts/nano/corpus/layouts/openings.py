"""First sentences of postings, put together from parts so that hardly two are alike."""

from random import Random

from corpus.template import capitalised
from corpus.vocabulary.listing import listed

_HIRES = listed(
    "is looking for; needs; wants to hire; seeks; is recruiting; has a job for; has an opening for; plans to hire; is "
    "searching for; must find; is about to hire; would be happy to find; has a free position for; will hire; is "
    "growing and needs; urgently needs; invites applications from; hopes to find; opens its doors for; is in need of",
    separator=";",
)
_FIRMS = listed(
    "{company}; {company}; {company}; the firm {company}; our client {company}; the team at {company}; the company "
    "{company}; our partner {company}; my employer {company}; the people of {company}; the well-known {company}; a "
    "company named {company}; {company} (founded in 1998); {company}, a leader in its field,",
    separator=";",
)
_PLACES = listed(
    "in {location}; in {location}; near {location}; at its site in {location}; for its {location} branch; based in "
    "{location}; at the {location} office; for the team in {location}; with a desk in {location}; in beautiful "
    "{location}; for {location}; close to {location}; out of {location}; (location: {location}); from {location}; in "
    "the city of {location}; for work in {location}",
    separator=";",
)
_PEOPLE = listed(
    "a {title}; a {title}; a {title}; one {title}; a new {title}; a motivated {title}; another {title}; a skilled "
    "{title}; somebody for the role of {title}; a person to work as {title}; its next {title}; a full {title}",
    separator=";",
)
_WHEN = listed(
    "this year; right now; as soon as possible; from next month on; after a strong year; once again; because of new "
    "projects; to replace a colleague; for a new team; with immediate effect; in these busy times; at the moment",
    separator=";",
)
_ORDERS = (
    "{firm} {hires} {person} {place}.",
    "{firm} {hires} {person} {place} {when}.",
    "{when}, {firm} {hires} {person} {place}.",
    "{place}, {firm} {hires} {person}.",
    "{firm} {place} {hires} {person}.",
    "{person} is wanted {place} by {firm}.",
    "{person} can start {place} with {firm}.",
    "{person}: that is what {firm} needs {place}.",
    "A job as {title} is free {place}; the employer is {firm}.",
    "{when} there is work for {person} {place} at {company}.",
    "We from {company} are hiring {person} {place}.",
    "Work {place} as {title}: {firm} {hires} you.",
    "{firm} {hires} {person}. You would work {place}.",
    "{firm} {hires} {person}. The office is {place}.",
    "The office of {company} is {place}. {firm} {hires} {person}.",
    "{place} you can work as {title}. {firm} {hires} people.",
    "{firm} {hires} {person}!",
    "{person} is needed {place}.",
)


def opening(random: Random) -> str:
    """A template that leaves {title}, and mostly {company} and {location}, open."""
    template = random.choice(_ORDERS)
    for name, parts in (
        ("{firm}", _FIRMS),
        ("{hires}", _HIRES),
        ("{person}", _PEOPLE),
        ("{place}", _PLACES),
        ("{when}", _WHEN),
    ):
        template = template.replace(name, random.choice(parts))
    return template if template.startswith("{") else capitalised(template)
