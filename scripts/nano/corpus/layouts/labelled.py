"""Postings as label and value: forms, data sheets, run-on listings."""

from random import Random

from corpus.posting import Posting
from corpus.template import capitalised

LABELS = {
    "title": ("Title", "Job title", "Position", "Role", "Job", "Vacancy"),
    "company": ("Company", "Employer", "Organization", "Company name"),
    "location": ("Location", "City", "Place of work", "Office", "Where"),
    "salary": ("Salary", "Pay", "Compensation", "Salary range"),
    "skills": ("Skills", "Required skills", "Requirements", "Technologies", "Must have"),
    "years": ("Years of experience", "Experience (years)", "Minimum years"),
    "contract": ("Employment type", "Contract", "Type", "Job type"),
    "mode": ("Work mode", "Remote policy", "Workplace"),
    "contact": ("Contact", "Contact person", "Recruiter", "Hiring manager"),
    "email": ("E-mail", "Email", "Apply to", "Send your CV to"),
    "phone": ("Phone", "Telephone", "Tel.", "Call"),
    "reference": ("Reference", "Job ID", "Ref.", "Requisition"),
    "deadline": ("Deadline", "Apply by", "Closing date"),
    "start": ("Start date", "Start", "Starting"),
    "education": ("Education", "Degree", "Qualification"),
    "language": ("Language", "Languages"),
    "benefits": ("Benefits", "We offer", "Perks"),
    "department": ("Department", "Team", "Division"),
    "duties": ("Duties", "Your tasks", "Responsibilities"),
}
_SHEET_LABELS = {
    "title": ("Opening", "Post"),
    "company": ("Firm", "Hiring company"),
    "location": ("Based in", "Site"),
    "salary": ("Wage", "Remuneration"),
    "skills": ("Know-how", "Expertise"),
    "years": ("Experience in years",),
    "contract": ("Hours",),
    "mode": ("Working model",),
    "contact": ("Ask for",),
    "email": ("Write to",),
    "reference": ("Number",),
}


def lines(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """One `Label: value` per line, in any order, with one of several separators."""
    separator = random.choice((": ", ": ", ": ", " - ", ":\n", "\t", " | ", ":", " — ", " -> ", " -- ", "; ", " ~ "))
    rows = _rows(random, posting, LABELS, separator)
    start = random.choice(("", "", "- ", "* ", "• ", "## ", "+ ", "| ", "(", "@ "))
    heading = random.choice(("", "", "", "JOB POSTING\n", "Job details\n\n", "Open position\n\n"))
    return heading + "\n".join(start + row for _, row in rows), _fields(rows)


def run_on(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Labels and values on a single line, as a page leaves them when its tags are removed."""
    rows = _rows(random, posting, LABELS, random.choice((": ", " ", " = ")))
    return random.choice((" ", "; ", " | ", ". ", " / ")).join(row for _, row in rows), _fields(rows)


def sheet(random: Random, posting: Posting) -> tuple[str, frozenset[str]]:
    """Held-out: a data sheet with its own labels, or known labels behind new separators."""
    labels = random.choice((LABELS, _SHEET_LABELS))
    before, after = random.choice((("> ", " = "), ("", " => "), ("[", "] "), ("", " .... "), ("# ", ": ")))
    rows = _rows(random, posting, labels, after)
    return "\n".join(before + row for _, row in rows), _fields(rows)


def _rows(
    random: Random, posting: Posting, labels: dict[str, tuple[str, ...]], separator: str
) -> list[tuple[str, str]]:
    fields = [field for field in ("title", "company", "location") if random.random() < 0.85]
    others = [field for field in labels if field not in ("title", "company", "location")]
    fields += random.sample(others, random.randint(1, min(5, len(others))))
    if random.random() < 0.6:
        random.shuffle(fields)
    style = random.choice((str, str, str, str.upper, str.lower))
    return [(field, f"{style(random.choice(labels[field]))}{separator}{posting.facts[field]}") for field in fields]


def _fields(rows: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(field for field, _ in rows)


def label(random: Random, field: str) -> str:
    """A label for one field, for layouts that mix labels with prose."""
    return capitalised(random.choice(LABELS[field]))
