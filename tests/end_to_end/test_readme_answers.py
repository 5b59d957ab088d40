"""What the embedded model answers to the requests of the README and their like, at temperature 0."""

from __future__ import annotations

import json
import math

import pytest
from openai import OpenAI
from tests.end_to_end.vocabulary import MODEL

pytestmark = pytest.mark.engine


def ask(client: OpenAI, question: str) -> str:
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": question}], temperature=0, max_tokens=512
    )
    assert answer.choices[0].finish_reason == "stop"
    return answer.choices[0].message.content or ""


def test_the_job_title_is_extracted(client: OpenAI) -> None:
    answer = client.completions.create(
        model=MODEL,
        prompt='Extract the job title from: "Senior Software Engineer at Google"',
        temperature=0,
        extra_body={"system_message": "You are an AI assistant that helps extract information from job postings."},
    )
    assert answer.choices[0].text == "Senior Software Engineer"
    assert answer.choices[0].finish_reason == "stop"


def test_facts_come_as_json_without_a_schema(client: OpenAI) -> None:
    answer = ask(client, "Extract the title and company as JSON: Senior Software Engineer at Google")
    assert json.loads(answer) == {"title": "Senior Software Engineer", "company": "Google"}


def test_a_job_description_is_a_short_posting(client: OpenAI) -> None:
    lines = ask(client, "Write a job description for a Senior AI Engineer").splitlines()
    assert lines[0] == "**Senior AI Engineer**"
    assert "Responsibilities:" in lines
    assert "Requirements:" in lines
    points = [line for line in lines if line.startswith("- ")]
    assert len(points) >= 6
    assert len(set(points)) >= len(points) - 2


def test_the_letter_of_the_right_category_is_the_likeliest(client: OpenAI) -> None:
    listed = "A: job_posting\nB: resume\nC: cover_letter"
    text = "We are looking for a Senior Software Engineer with 5+ years of Python experience"
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": f"Classify the text into one of these categories:\n{listed}\n\nText: {text}\n\n"
                "Answer with the letter only.",
            }
        ],
        temperature=0,
        logprobs=True,
        top_logprobs=5,
    )
    assert answer.choices[0].message.content == "A"
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert math.exp(logprobs.content[0].logprob) > 0.5


@pytest.mark.parametrize("question", ["What is the capital of France?", "Write a poem about the moon."])
def test_what_it_cannot_do_is_declined_in_one_sentence(client: OpenAI, question: str) -> None:
    answer = ask(client, question)
    assert answer.startswith("I'm sorry")
    assert len(answer) < 200
