"""Ask a model folder directly, without a server."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from scoring.answer import Answer
from scoring.questions import Question

_LONGEST_ANSWER = 512  # tokens
_TOGETHER = 16


class Checkpoint:
    """A model folder, loaded with transformers."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(str(folder), padding_side="left")
        self.model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.bfloat16)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers in the order of the questions, all greedy."""
        answers: list[Answer] = []
        for start in range(0, len(questions), _TOGETHER):
            answers += self._some(questions[start : start + _TOGETHER])
        return answers

    def _some(self, questions: Sequence[Question]) -> list[Answer]:
        texts = [
            self.tokenizer.apply_chat_template(list(question.messages), tokenize=False, add_generation_prompt=True)
            for question in questions
        ]
        inputs = self.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.inference_mode():
            output = self.model.generate(
                **inputs,
                max_new_tokens=_LONGEST_ANSWER,
                do_sample=False,
                return_dict_in_generate=True,
                output_scores=True,
            )
        first = torch.softmax(output.scores[0].float(), dim=-1)
        length = inputs["input_ids"].shape[1]
        stops = set(self.model.generation_config.eos_token_id)
        answers = []
        for row, ids in enumerate(output.sequences[:, length:].tolist()):
            letters = {
                letter: float(first[row, self.tokenizer.convert_tokens_to_ids(letter)]) for letter in ascii_uppercase
            }
            text = self.tokenizer.decode(ids, skip_special_tokens=True)
            answers.append(Answer(text, bool(stops & set(ids)), letters))
        return answers
