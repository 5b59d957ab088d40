"""Texts to token ids for an embedding model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jobai_server.errors import InvalidRequest


class EmbeddingTokenizer:
    """A checkpoint's fast tokenizer, told to read control tokens in a text as the text they are.

    Args:
        folder: The checkpoint.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer

        whole = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        self._tokenizer = whole.backend_tokenizer
        # Checkpoints come with the length and the padding of some batch they were once used on.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        added = self._tokenizer.get_added_tokens_decoder()
        # A client's own tokenizer writes the unknown token for what it does not know, and rightly.
        self._control_ids = {index for index, token in added.items() if token.special} - {whole.unk_token_id}
        self._vocabulary = self._tokenizer.get_vocab_size()
        self._start, self._end = self._ends()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with the model's own start and end; releases the interpreter while it works."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def with_ends(self, token_ids: Sequence[int], param: str) -> list[int]:
        """
        Raises:
            InvalidRequest: naming `param`, for ids outside the vocabulary and control tokens.
        """
        for token_id in token_ids:
            if not 0 <= token_id < self._vocabulary:
                raise InvalidRequest(f"Token id {token_id} is outside the model's vocabulary.", param=param)
            if token_id in self._control_ids:
                raise InvalidRequest(f"Token id {token_id} is a control token; inputs may not hold any.", param=param)
        return [*self._start, *token_ids, *self._end]

    def truncated(self, token_ids: Sequence[int], length: int) -> list[int]:
        """At most `length` ids, the model's end kept."""
        if len(token_ids) <= length:
            return list(token_ids)
        return [*token_ids[: length - len(self._end)], *self._end]

    def _ends(self) -> tuple[list[int], list[int]]:
        """What the model wants before and after every text."""
        bare = self._tokenizer.encode("a", add_special_tokens=False).ids
        whole = self._tokenizer.encode("a").ids
        start = next(place for place in range(len(whole)) if whole[place : place + len(bare)] == bare)
        return whole[:start], whole[start + len(bare) :]
