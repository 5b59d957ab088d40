"""An embedding model on sentence-transformers: token ids in, unit vectors out. The one module that imports it.

nomic-embed-text runs on the `nomic_bert` that is part of transformers, never on the code in its hub repository: code
from the hub is not run at all. That implementation has plain rotary positions for 2,048 tokens, which is what the
model was trained on; the 8,192 of its card come from stretching positions at run time, which only the hub's code does.
So its texts end at 2,048 tokens.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from jobai_server.engines.platform import multiplies_bfloat16
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings

log = logging.getLogger(__name__)

# More at a time would only leave a processor's caches; a GPU wants more to be busy.
BATCH_TOKENS = {"cpu": 4096, "cuda": 32768}


class SentenceEmbeddings:
    """A loaded model.

    Args:
        folder: A sentence-transformers checkpoint.

    Attributes:
        dimensions: Numbers in one vector.
        context_length: Tokens in the longest text, with the model's own start and end.
        vocabulary: Token ids are below this.
        batch_tokens: Tokens, with padding, that it is at its fastest with.

    Raises:
        ConfigurationError: The model cannot do what the settings ask for.
    """

    def __init__(self, folder: Path, settings: ModelSettings) -> None:
        transformers_logging.disable_progress_bar()
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.dtype = _dtype(settings.dtype, self.device)
        self._model = SentenceTransformer(
            str(folder),
            device=self.device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": self.dtype},
        ).eval()
        transformer, *others = self._model
        for module in others:  # pooling over hundreds of tokens needs more digits than the layers before it
            module.float()
        config = transformer.model.config
        self.vocabulary = int(config.vocab_size)
        self.dimensions = int(self._model.get_embedding_dimension())
        self.context_length = _context_length(settings, config, self._model)
        self.batch_tokens = BATCH_TOKENS[self.device]
        self._pad = int(config.pad_token_id or 0)

    def embed(self, inputs: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
        """Vectors of length 1, shape (texts, dimensions); a row that is not finite could not be computed."""
        shape = (len(inputs), max(map(len, inputs)))
        token_ids, mask = np.full(shape, self._pad, np.int64), np.zeros(shape, np.int64)
        for row, one in enumerate(inputs):
            token_ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        with torch.inference_mode():
            features: dict[str, Any] = {
                "input_ids": torch.from_numpy(token_ids).to(self.device),
                "attention_mask": torch.from_numpy(mask).to(self.device),
            }
            transformer, *others = self._model
            features = transformer(features)
            features["token_embeddings"] = features["token_embeddings"].float()
            for module in others:
                features = module(features)
            vectors = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=1)
            embedded: NDArray[np.float32] = vectors.cpu().numpy()
            return embedded


def _dtype(wanted: str, device: str) -> torch.dtype:
    if wanted != "auto":
        return getattr(torch, wanted)
    if device == "cuda":
        return torch.float16  # as fast as bfloat16 there, with three more bits of precision
    return torch.bfloat16 if multiplies_bfloat16() else torch.float32


def _context_length(settings: ModelSettings, config: Any, model: SentenceTransformer) -> int:
    """The configured length, else the checkpoint's own, never more than it has positions for."""
    positions = int(config.max_position_embeddings)
    if config.model_type in {"roberta", "xlm-roberta", "camembert", "mpnet"}:
        positions -= config.pad_token_id + 1  # their positions begin after the padding's
    if settings.context_length is None:
        return min(model.max_seq_length or positions, positions)
    if settings.context_length > positions:
        raise ConfigurationError(f"context_length is {settings.context_length}, but the model takes {positions} tokens")
    return settings.context_length
