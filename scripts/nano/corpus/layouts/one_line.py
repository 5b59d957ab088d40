"""Postings of one line: search results, subject lines, sign boards."""

from random import Random

from corpus.posting import Posting
from corpus.template import fill, placeholders

HEADLINES = (
    "{title} at {company}",
    "{title} at {company}",
    "{title} at {company} in {location}",
    "{title}, {company}",
    "{title} - {company}",
    "{title} - {company} - {location}",
    "{title} ({location})",
    "{title} at {company} ({location})",
    "{company}: {title}",
    "{company} is hiring a {title}",
    "{company} is hiring a {title} in {location}",
    "{company} seeks {title} in {location}",
    "Hiring: {title}, {location}",
    "Job: {title} | {company} | {location}",
    "{title} wanted in {location}",
    "{title} @ {company}",
    "{title} @ {company}, {salary}",
    "We are looking for a {title}.",
    "We are looking for a {title} with {years}+ years of experience.",
    "We are looking for a {title} with {years}+ years of {skills} experience.",
    "Join {company} as a {title} in {location}!",
    "{title} in {location}, {salary}",
    "New job: {title} ({mode}) at {company}",
    "{company}, {location} - {title} ({contract})",
    "{title} for {company} in {location}, {mode}, {salary}",
    "Work as a {title} for {company}",
    "Open position at {company}: {title}",
    "{location}: {company} needs a {title}",
    "{title} | {company} | {location}",
    "{company} | {location} | {title}",
    "{location} | {title} | {company}",
    "{title} / {company} / {location}",
    "{title} > {company} > {location}",
    "[{company}] {title}, {location}",
    "({location}) {title} with {company}",
    "{title} role at {company}, based in {location}",
    "#hiring {title} at {company}, {location}",
    "{company} wants a {title} near {location}, {salary}",
    "Wanted by {company}: {title} ({location})",
    "Hey! {title} job in {location}, {company}, {mode}. #work",
    "**{title}** - {company}, *{location}*",
    "# {title} - {company} ({location})",
    "{title}, {location}, {mode}",
    "{title}, {location}, {contract}. {company}",
    "{mode}: {title}, {location}",
    "{title}, {location} - {mode}",
    "{title} ({location}, {mode})",
    "{company} - {title}, {location} / {mode}, {salary}",
    "{company}: {title}, {location}, {mode}. Write to {email}",
    "{location}, {mode}: {title} - {company}",
    "{title} ({location}, {company})",
    "{title} [{company}, {location}]",
    "{title} ({company}; {location})",
    "{title} ({company} / {location})",
    "New: {title} ({company} - {location})",
    "{title} needed in {location}, {salary}, by {company}",
    "{company} in {location} pays {salary} to a {title}",
    "{title} at {company} around {location}, with {salary}",
    "{title} in {location} earning {salary} at {company}",
)
TEASERS = (
    "Looking for a new challenge? {title} role with {company}, based in {location}",
    "{company} / {location} / {title}",
    "Now recruiting: {title} ({company}, {location})",
    "[{location}] {title} > {company}",
    "Vacancy for a {title} with {company}",
    "{title} needed by {company} near {location}, paying {salary}",
    "{company} wants to hire a {title} for its {location} office",
)


def headline(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """One line out of the training list."""
    return _line(random, posting, HEADLINES)


def teaser(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """One line out of the held-out list."""
    return _line(random, posting, TEASERS)


def _line(random: Random, posting: Posting, templates: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    template = random.choice(templates)
    facts = posting.facts | {"skills": posting.skills[0]}
    # A single skill inside a phrase is not the list of skills, so it does not count as stated.
    return fill(template, facts), placeholders(template) - {"skills"}
