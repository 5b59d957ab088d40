"""Write postings and short texts about a job title."""

from random import Random

from corpus.dialogue import Dialogue
from corpus.posting import Posting, posting
from corpus.split import Split, one_of
from corpus.tasks import instructions
from corpus.tasks.typing_errors import mistyped
from corpus.template import capitalised, fill
from corpus.vocabulary import terms, titles

_DESCRIBE = (
    "Write a job description for a {title}",
    "Write a job description for a {title}",
    "Write a job description for a {title}.",
    "Write a short job posting for a {title}.",
    "Write a job posting for a {title}",
    "Create a job description for the position of {title}.",
    "Please write a job ad for a {title}.",
    "Draft a job description: {title}",
    "I need a job posting for a {title}.",
    "Generate a job description for a {title}.",
    "Can you write a job description for a {title}?",
)
_HELD_OUT_DESCRIBE = (
    "Compose a job posting for a {title}.",
    "We want to hire a {title}. Please write the ad.",
)
_DETAILS = (" at {company}", " in {location}", " at {company} in {location}", " ({mode})")
_INTRODUCTIONS = (
    "{team} looking for a {title} to join {ours}. In this role you will {duty} and work with people who "
    "care about {about}.",
    "{team} hiring a {title}. You will be part of a team that works on {about}, and you will help us {duty}.",
    "Do you enjoy {about}? {team} looking for a {title} who wants to {duty}.",
)
_CLOSINGS = (
    "We look forward to your application!",
    "Apply now and grow with us.",
    "Send us your resume and tell us why you would like to join.",
    "We welcome applicants from all backgrounds.",
)


def job_description(random: Random, split: Split) -> Dialogue:
    """A posting with an introduction, responsibilities, requirements and what is offered."""
    job = _job(random, split)
    request = one_of(random, _DESCRIBE, _HELD_OUT_DESCRIBE, split)
    if split is Split.TRAIN and random.random() < 0.08:
        request = mistyped(random, request)
    details = ""
    if random.random() < 0.3 and request.endswith("{title}"):
        details = random.choice(_DETAILS)
    dialogue = Dialogue("writing", instructions.opening(random, split))
    return dialogue.ask(fill(request + details, job.facts), _description(random, job, details))


def _job(random: Random, split: Split) -> Posting:
    """A vacancy in a field of work; many people write its title in lower case, or a single word."""
    job = posting(random, split, titles.domain(random))
    if split is Split.TRAIN and random.random() < 0.5:
        title = random.choice((job.facts["title"], random.choice(job.domain.roles), random.choice(job.domain.roles)))
        job.facts["title"] = random.choice((title, title.lower(), title.lower()))
    return job


def _description(random: Random, job: Posting, details: str) -> str:
    domain = job.domain
    duties = titles.in_turn(random, domain.duties, random.randint(3, 5))
    skills = titles.in_turn(random, domain.skills, 3)
    facts = job.facts | {
        "team": "{company} is" if "{company}" in details else "We are",
        "ours": "its team" if "{company}" in details else "our team",
        "about": domain.about,
        "duty": duties[0],
    }
    introduction = fill(fill(random.choice(_INTRODUCTIONS), facts), job.facts)
    requirements = (
        f"{job.facts['years']}+ years of experience as a {_role(job)}",
        f"Good knowledge of {skills[0]} and {skills[1]}",
        f"Experience with {skills[2]}",
        random.choice(("Strong communication skills", "A good team player", "A careful way of working")),
    )
    offers = titles.in_turn(random, terms.BENEFITS, 3)
    where = [f"Location: {job.facts['location']}"] if "{location}" in details else []
    where += [f"Work mode: {job.facts['mode']}"] if "{mode}" in details else []
    blocks = [
        f"**{capitalised(job.facts['title'])}**",
        *where,
        introduction,
        _points("Responsibilities", duties),
        _points("Requirements", requirements),
        _points("What we offer", offers),
        random.choice(_CLOSINGS),
    ]
    return fill("\n\n".join(blocks), {})


def _role(job: Posting) -> str:
    return job.facts["title"].split(" (")[0]


def _points(heading: str, points: tuple[str, ...] | list[str]) -> str:
    return f"{heading}:\n" + "\n".join(f"- {capitalised(point)}" for point in points)


def about_title(random: Random, split: Split) -> Dialogue:
    """Skills for a title, what somebody with the title does, questions for an interview."""
    job = _job(random, split)
    duties = titles.in_turn(random, job.domain.duties, 3)
    skills = titles.in_turn(random, job.domain.skills, 3)
    listed = f"{skills[0]}, {skills[1]} and {skills[2]}"
    question, answer = random.choice(
        (
            ("What skills does a {title} need?", f"A {{title}} typically needs {listed}."),
            ("List skills for a {title}.", f"{listed}."),
            (
                "What does a {title} do?",
                f"A {{title}} works on {job.domain.about}. Typical tasks are to {duties[0]}, {duties[1]} "
                f"and {duties[2]}.",
            ),
            (
                "Give me three interview questions for a {title}.",
                f"1. How have you used {skills[0]} in your work?\n2. Tell me about a time when you had to "
                f"{duties[0]}.\n3. Why do you want to work as a {{title}}?",
            ),
            (
                "Write a short message to a candidate for a {title} role.",
                f"Hello! We are looking for a {{title}} and your experience with {skills[0]} looks like a "
                "great match. Would you like to talk this week?",
            ),
        )
    )
    dialogue = Dialogue("about_title", instructions.opening(random, split))
    return dialogue.ask(fill(question, job.facts), capitalised(fill(answer, job.facts)))
