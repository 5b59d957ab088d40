"""A job posting as facts, before any layout turns it into text."""

from dataclasses import dataclass
from random import Random

from corpus.split import Split, invented
from corpus.vocabulary import companies, made_up, people, places, terms, titles
from corpus.vocabulary.domain import Domain

Facts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Posting:
    """One vacancy: `facts` maps a field such as "company" to the text that states it."""

    domain: Domain
    facts: Facts
    skills: tuple[str, ...]
    duties: tuple[str, ...]
    benefits: tuple[str, ...]


def posting(random: Random, split: Split, only: Domain | None = None) -> Posting:
    """A vacancy with every fact filled in, in the field of work given or in a random one.

    Where the field is given the title shows it, without invented words.
    """
    domain = only or titles.domain(random)
    company = companies.company(random, split)
    contact = people.person(random, split)
    skills = titles.skills(random, split, domain, random.randint(2, 5))
    benefits = tuple(random.sample(terms.BENEFITS, random.randint(1, 3)))
    duties = titles.duties(random, domain, random.randint(1, 3))
    facts = {
        "title": titles.title(random, split, domain, invent=only is None),
        "company": company,
        "location": places.place(random, split),
        "salary": invented(split, lambda: terms.salary(random)),
        "skills": ", ".join(skills),
        "years": str(random.choice((1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15))),
        "contract": random.choice(terms.CONTRACTS),
        "mode": random.choice(terms.WORK_MODES),
        "contact": contact,
        "email": people.email(random, contact, company),
        "phone": people.phone(random),
        "reference": invented(split, lambda: made_up.code(random)),
        "deadline": invented(split, lambda: terms.date(random)),
        "start": invented(split, lambda: terms.date(random)),
        "education": random.choice(terms.DEGREES),
        "language": random.choice(terms.LANGUAGES),
        "benefits": ", ".join(benefits),
        "department": random.choice(domain.names[1:]),
        "duties": ", ".join(duties),
    }
    return Posting(domain, facts, skills, duties, benefits)
