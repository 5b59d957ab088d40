"""What an engine is given of a request, in a few bytes."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def content_digest(content: Iterable[object]) -> str:
    """The same for equal contents.

    Args:
        content: Plain data, whose text form says everything: token ids, and dataclasses of them.
    """
    digest = blake2b(digest_size=16)
    for part in content:  # the text of all parts together may be a hundred times as large
        digest.update(f"{part!r};".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
