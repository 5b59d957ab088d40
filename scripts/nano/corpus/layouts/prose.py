"""Postings as running text: paragraphs, letters and spoken announcements."""

from random import Random

from corpus.layouts.openings import opening
from corpus.posting import Posting
from corpus.template import fill, stated

_OPENINGS = (
    "{company} is looking for a {title} in {location}.",
    "{company} is looking for a {title} to join our team in {location}.",
    "We are looking for a {title} to join {company}.",
    "We are {company}, and we need a {title} in {location}.",
    "At {company}, we are hiring a {title}. The office is in {location}.",
    "Our client {company} in {location} is searching for a {title}.",
    "Do you want to work as a {title}? {company} has an open position in {location}.",
    "{company}, based in {location}, is hiring a {title}.",
    "Join {company} as a {title}! You will work in {location}.",
    "The {department} team at {company} needs a {title}.",
    "We have an opening for a {title} at {company} in {location}.",
    "We're hiring a {title}! {company} is a growing company from {location}.",
    "Are you a {title}? Then come to {company} in {location}.",
    "As a {title} at {company} you will {duties}. The job is located in {location}.",
)
_MORE_OPENINGS = (
    "{location}: the people at {company} are searching for a {title}.",
    "For its office in {location}, {company} needs a {title}.",
    "For our team in {location} we want a {title}. We are {company}.",
    "Hello, this is {company}. We have a job for a {title} in {location}.",
    "Become a {title} with {company} in {location}.",
    "The job: {title}. The company: {company}. The place: {location}.",
    "Position available at {company} ({location}): {title}.",
    "{company} of {location} invites applications for the post of {title}.",
    "In {location}, {company} employs many people and now wants a {title} too.",
    "A job as a {title} is open at {company}, {location}.",
    "Great news from {company}: a {title} can start in {location}.",
    "One {title} is needed in {location} by {company}.",
    "Would you like to be a {title} for {company}? You would live near {location}.",
    "{title} needed. Employer: {company}. Town: {location}.",
    "Our company, {company}, has a free place for a {title} in {location}.",
    "My team at {company} in {location} is growing and we need a {title}!",
    "Because of growth, {company} adds a {title} to its staff in {location}.",
    "Who wants to join {company} in {location} and work as a {title}?",
    "Role: {title}, with {company} in {location}.",
)
_SENTENCES = (
    "You have {years} years of experience and know {skills}.",
    "You bring at least {years} years of experience.",
    "At least {years} years of relevant experience are required.",
    "You should have {years}+ years of professional experience.",
    "Required skills: {skills}.",
    "You know {skills}.",
    "Experience with {skills} is a must.",
    "We expect knowledge of {skills}.",
    "We pay {salary}.",
    "The salary is {salary}.",
    "Compensation: {salary}, depending on experience.",
    "You will earn {salary}.",
    "This is a {contract} position.",
    "The position is {contract} and {mode}.",
    "The work is {mode}.",
    "You can start on {start}.",
    "The start date is {start}.",
    "Please apply by {deadline}.",
    "The application deadline is {deadline}.",
    "Send your application to {email}.",
    "Apply by e-mail to {contact} at {email}.",
    "Your contact is {contact}, phone {phone}.",
    "Questions? Call {contact} at {phone}.",
    "Please quote reference {reference}.",
    "A {education} is required.",
    "You need a {education} and speak {language}.",
    "Fluent {language} is expected.",
    "We offer {benefits}.",
    "Benefits include {benefits}.",
    "Your tasks: {duties}.",
    "You will {duties}.",
    "You will work in the {department} department.",
)
_FILLERS = (
    "We look forward to meeting you.",
    "We are an equal opportunity employer.",
    "Our team is friendly and diverse.",
    "We value people who like to learn.",
    "Apply today!",
    "Come and grow with us.",
    "Our company was founded 20 years ago and is still growing.",
    "No cover letter needed.",
)
_GREETINGS = ("Hello,", "Hi all,", "Dear candidates,", "Dear colleagues,", "Good morning,", "Hi,")
_CLOSINGS = ("Best regards,", "Kind regards,", "Best,", "Thank you,", "Cheers,", "Sincerely,")

_HELD_OUT_OPENINGS = (
    "Since last month, {company} has been growing in {location} and wants to add a {title}.",
    "There is a vacancy for a {title} with {company}; the place of work is {location}.",
    "{location} is where {company} would like to employ a {title}.",
    "The management of {company} has decided to recruit a {title} for {location}.",
    "A {title} is wanted at {company}, whose offices are in {location}.",
)
_HELD_OUT_SENTENCES = (
    "Candidates who have worked for {years} years are preferred.",
    "Successful applicants master {skills}.",
    "Pay: {salary}.",
    "In return you get {salary}.",
    "Hours are {contract}, and the arrangement is {mode}.",
    "Our recruiter {contact} reads every message sent to {email}.",
    "Dial {phone} and mention {reference}.",
    "Submissions close on {deadline}.",
    "Day one would be {start}.",
)


def paragraph(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """An opening sentence and some details in any order."""
    return _text(random, posting, _sentences(random, _OPENINGS + _MORE_OPENINGS, _SENTENCES, random.randint(0, 6)))


def letter(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """The same as an e-mail with a subject line, signed by the contact."""
    sentences = _sentences(random, _OPENINGS + _MORE_OPENINGS, _SENTENCES, random.randint(1, 4))
    body, facts = _text(random, posting, sentences)
    subject = random.choice(("Job opening", "New vacancy", "Open position: {title}", "We are hiring"))
    text = f"Subject: {subject}\n\n{random.choice(_GREETINGS)}\n\n"
    ending = f"\n\n{random.choice(_CLOSINGS)}\n{{contact}}"
    if random.random() < 0.5:
        ending += "\n{company}"
    return fill(text, posting.facts) + body + fill(ending, posting.facts), facts | stated((text, ending))


def announcement(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Held-out wording, in a fixed order."""
    count = random.randint(0, 5)
    sentences = _sentences(random, _HELD_OUT_OPENINGS, _HELD_OUT_SENTENCES, count)
    return _text(random, posting, sentences)


def _sentences(random: Random, openings: tuple[str, ...], details: tuple[str, ...], count: int) -> list[str]:
    own = openings is not _HELD_OUT_OPENINGS and random.random() < 0.6
    chosen = [opening(random) if own else random.choice(openings)]
    # A fact told twice would be told with one value but could be asked for with two meanings.
    for template in random.sample(details, count):
        if not stated(chosen) & stated((template,)):
            chosen.append(template)
    return chosen


def _text(random: Random, posting: Posting, templates: list[str]) -> tuple[str, frozenset[str]]:
    sentences = [fill(template, posting.facts) for template in templates]
    if random.random() < 0.4:
        sentences.insert(random.randint(0, len(sentences)), random.choice(_FILLERS))
    joiner = random.choice((" ", " ", " ", "\n", "\n\n"))
    return joiner.join(sentences), stated(templates)
