"""The prompts that are trained as the server's own are those that the server sends."""

from corpus.tasks import served
from jobai_server.classification import prompt
from jobai_server.classification.task import Category, ClassificationTask

CATEGORIES = (Category("job_posting", "text that offers a job"), Category("resume"))
SHOWN = ["job_posting - text that offers a job", "resume"]
TEXT = "We are hiring a nurse."


def task(method: str) -> ClassificationTask:
    return ClassificationTask(categories=CATEGORIES, method=method)  # type: ignore[arg-type]  # one of three words


def test_letters() -> None:
    [message] = prompt.letter_conversation(task("letters"), (0, 1), "ABC", TEXT).messages
    assert message["content"] == served.by_letter("AB", SHOWN, TEXT)


def test_names() -> None:
    [message] = prompt.name_conversation(task("names"), (0, 1), TEXT).messages
    assert message["content"] == served.by_name(SHOWN, TEXT)


def test_yes_or_no() -> None:
    [message] = prompt.yes_no_conversation(task("yes_no"), CATEGORIES[0], TEXT).messages
    assert message["content"] == served.by_yes_or_no("job_posting (text that offers a job)", TEXT)
