"""SentenceTransformer.encode with no server around it, as a process that keeps its models loaded.

    bare_encode.py FOLDER

Reads one BareJob as JSON a line, writes an EmbeddingBlock as JSON a line.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import torch
from embedding_load import EmbeddingBlock
from sentence_transformers import SentenceTransformer

from jobai_server.engines.sentence_embeddings import SentenceEmbeddings
from jobai_server.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class BareJob:
    """`dtype` is a name of PyTorch's, or `auto`: what our server chooses here."""

    dtype: str
    texts: list[str]
    batch_size: int = 64


def main() -> None:
    folder = Path(sys.argv[1])
    models: dict[str, Any] = {}
    for line in sys.stdin:
        job = BareJob(**json.loads(line))
        if job.dtype not in models:
            models[job.dtype] = _model(folder, job.dtype)
        _write(asdict(_encoded(models[job.dtype], job)), sys.stdout)


def _model(folder: Path, dtype: str) -> Any:
    if dtype == "auto":
        kind = SentenceEmbeddings(folder, ModelSettings(name=("m",), source=str(folder))).dtype
    else:
        kind = getattr(torch, dtype)
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": kind})


def _encoded(model: Any, job: BareJob) -> EmbeddingBlock:
    def encode(texts: list[str]) -> Any:
        return model.encode(texts, batch_size=job.batch_size, normalize_embeddings=True, show_progress_bar=False)

    encode(job.texts[: job.batch_size])  # counts for nothing
    started = time.perf_counter()
    vectors = encode(job.texts)
    return EmbeddingBlock(len(vectors) / (time.perf_counter() - started), vectors[0].tolist())


def _write(document: Any, stream: TextIO) -> None:
    stream.write(json.dumps(document) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
