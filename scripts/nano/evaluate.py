"""Measure jobai-nano, or any other model, on the held-out questions.

python scripts/nano/evaluate.py --base-url http://localhost:8080/v1 --api-key KEY
python scripts/nano/evaluate.py --base-url http://localhost:8080/v1 --api-key KEY --write-docs
python scripts/nano/evaluate.py --checkpoint src/jobai_server/embedded/jobai_nano
"""

import argparse
from pathlib import Path

from openai import OpenAIError

from arguments import count, model_folder
from scoring import report, route
from scoring.answer import Answer
from scoring.measures import measure
from scoring.questions import Question, questions
from scoring.server import Server

_ROOT = Path(__file__).parents[2]
_DOCUMENTS = (
    _ROOT / "src" / "jobai_server" / "embedded" / "jobai_nano" / "MODEL_CARD.md",
    _ROOT / "docs" / "jobai-nano.md",
)


def main() -> None:
    """Ask the questions and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--base-url", help="a running server, with /v1")
    target.add_argument("--checkpoint", type=model_folder, help="a model folder, without a server")
    parser.add_argument("--api-key", default="none", help="key for the server")
    parser.add_argument("--model", help="model name (default: the server's own choice)")
    parser.add_argument("--count", type=count, default=200, help="questions per task (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the questions (default 0)")
    parser.add_argument("--show", type=count, default=0, help="also print so many wrong answers")
    parser.add_argument("--write-docs", action="store_true", help="put the table into the model card and docs/")
    options = parser.parse_args()

    asked = questions(options.count, options.seed)
    try:
        answers, of_route = ask(options, asked)
    except OpenAIError as error:
        parser.exit(1, f"{parser.prog}: {options.base_url}: {error}\n")
    show_wrong(asked, answers, options.show)
    figures = measure(asked, answers) | of_route
    print(report.table(figures))
    if options.write_docs:
        how = "the model folder asked directly" if options.checkpoint else "asked through a running server"
        report.write(_DOCUMENTS, f"{options.count} questions per task, temperature 0, {how}:", figures)


def ask(options: argparse.Namespace, asked: list[Question]) -> tuple[list[Answer], dict[str, float]]:
    """The answers, and the figures of a server's classification route."""
    if options.checkpoint:
        from scoring.checkpoint import Checkpoint  # torch is only needed here

        return Checkpoint(options.checkpoint).ask(asked), {}
    server = Server(options.base_url, options.api_key, options.model)
    return server.ask(asked), route.figures(server.client, server.extra, asked)


def show_wrong(asked: list[Question], answers: list[Answer], count: int) -> None:
    """Print some questions with their wrong answers."""
    wrong = [
        (question, answer)
        for question, answer in zip(asked, answers, strict=True)
        if answer.text.strip() != question.expected and question.task != "writing"
    ]
    for question, answer in wrong[:: max(1, len(wrong) // max(1, count))][:count]:
        print(f"--- {question.task}\n{question.messages[-1]['content']}")
        print(f">>> expected {question.expected!r}\n>>> answered {answer.text!r}")


if __name__ == "__main__":
    main()
