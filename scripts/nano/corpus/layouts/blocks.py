"""Postings of several blocks: sections with bullets, stripped web pages, posts on social media."""

from random import Random

from corpus.layouts.labelled import label
from corpus.posting import Posting
from corpus.template import capitalised, fill, stated, vary

_HEADS = (
    "{title}\n{company} - {location}",
    "{title}\n{company}\n{location}",
    "{company}\n{title} ({location})",
    "{title} at {company}\n{location} | {contract}",
    "{company} is hiring!\n\n{title}\n{location}",
    "{title}\n{location} · {mode} · {salary}\n{company}",
)
_ABOUT = (
    "We are looking for a new colleague who can start soon.",
    "We are a young team with big plans.",
    "Join us and make a difference.",
    "This is your chance to grow.",
)
_CULTURE = (
    "[We|Our people|Our teams|All of us] [believe|know|have learned|are sure] that [good work|a good "
    "product|success|trust] [needs|takes|comes from|begins with] [time|friendly people|an open mind|clear goals|good "
    "ideas].",
    "[Every|Each] [day|week|month|year] we [learn|try|build|share|improve] [something new|a little more|what "
    "matters|ideas].",
    "[For|After] [ten|twenty|thirty|forty] years we [are|have been|remain] [proud|sure|convinced] of [what we do|our "
    "people|our products|our customers].",
    "[Diversity|Respect|Fairness|Learning|Openness] is [important to us|a part of us|what we stand for|one of our "
    "values].",
    "You [can|will|may] [grow|learn|decide|try things] [with us|every day|in your own way|at your own pace].",
    "[Nobody|No one] [here |]has to [wear a tie|know everything|work late|travel much].",
    "[The team|Your team|The group] is [small|large|young|international|experienced] and [helps each other|meets every "
    "morning|has lunch together|likes to laugh].",
    "[All applicants|All people|Everyone|All candidates] [is|are|will be] [treated equally|welcome|considered][| "
    "whatever their age, origin or religion].",
    "[What|All that] we [ask|expect|hope for] is [curiosity|care|good humour|a sense of duty|patience].",
    "[Our|The] [customers|partners|users|clients] [are|come from|live] [all over the world|everywhere|near and far].",
    "{benefits} [are|come|wait] [with the job|for you|included].",
    "You [will|are to] {duties}.",
    "[It helps|It is good|We like it] if you know {skills}.",
)
_NOISE = (
    "Home > Jobs > Search", "Skip to main content", "Log in | Register", "Apply now", "Save job", "Share",
    "Cookie settings", "Posted 3 days ago", "25 applicants", "Back to results", "Print", "Report this job",
    "Similar jobs", "Privacy policy",
)  # fmt: skip


def sections(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """A head, then headings with bullet points."""
    head, parts = random.choice(_HEADS), []
    bullet = random.choice(("- ", "* ", "• ", "– "))
    known = {"duties": posting.duties, "skills": posting.skills, "benefits": posting.benefits}
    chosen = random.sample(sorted(known), random.randint(1, 3))
    for field in chosen:
        heading = label(random, field)
        points = "\n".join(bullet + capitalised(point) for point in known[field])
        parts.append(f"{heading}:\n{points}" if random.random() < 0.7 else f"{heading.upper()}\n{points}")
    # Bullets are capitalised one by one, so lists are not stated in the form the facts give them.
    tail = random.choice(("", "Apply by {deadline}.", "Contact: {contact}, {email}", "Salary: {salary}"))
    if stated((head,)) & stated((tail,)):
        tail = ""
    about = [random.choice(_ABOUT)] if random.random() < 0.4 else []
    blocks = [fill(head, posting.facts), *about, *parts, *([fill(tail, posting.facts)] if tail else [])]
    return "\n\n".join(blocks), stated((head, tail))


def stripped_page(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """What is left of a web page without its tags: facts between buttons and menus."""
    head = random.choice(_HEADS)
    lines = head.split("\n")
    for _ in range(random.randint(2, 5)):
        lines.insert(random.choice((0, len(lines), random.randint(0, len(lines)))), random.choice(_NOISE))
    extra = random.choice(("", "Salary {salary}", "Skills {skills}", "Job ID {reference}", "Type {contract}"))
    if extra and not stated((head,)) & stated((extra,)):
        lines.append(extra)
    template = random.choice(("\n", "\n", " ", "\n\n")).join(lines)
    return fill(template, posting.facts), stated((template,))


def long_page(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """A posting between paragraphs that say much about the company and little about the job."""
    head = random.choice((*_HEADS, "{company} is hiring a {title} in {location}.", "Open position: {title}"))
    about = [vary(random, random.choice(_CULTURE)) for _ in range(random.randint(3, 12))]
    tail = random.choice(
        ("", "Apply by {deadline}.", "Contact: {contact}, {email}", "Salary: {salary}", "We pay {salary}.")
    )
    if stated((head,)) & stated((tail,)):
        tail = ""
    blocks = [" ".join(about[start : start + 3]) for start in range(0, len(about), 3)]
    blocks.insert(random.choice((0, 0, 1)), head)
    if tail:
        blocks.insert(random.randint(1, len(blocks)), tail)
    template = random.choice(("\n\n", "\n", "\n\n")).join(blocks)
    return fill(template, posting.facts), stated((template,))


def markdown(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Held-out: a Markdown page."""
    template = random.choice(
        (
            "# {title}\n\n**Company:** {company}\n**Location:** {location}\n\n## What you get\n\n- {salary}",
            "## {company}\n\n### {title}\n\n*{location}*, {contract}\n\n> {duties}",
            "# {title} ({mode})\n\n{company}, {location}\n\n---\n\nContact **{contact}** at `{email}`.",
        )
    )
    return fill(template, posting.facts), stated((template,))


def social_post(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Held-out: a post with emphasis and hashtags."""
    template = random.choice(
        (
            "Big news! {company} needs a {title} in {location}. {salary}! #hiring #jobs",
            "Friends, my team at {company} is growing: {title}, {location}, {mode}. Ping me! #nowhiring",
            "#JobAlert {title} | {location} | {company} | write to {email}",
        )
    )
    return fill(template, posting.facts), stated((template,))
