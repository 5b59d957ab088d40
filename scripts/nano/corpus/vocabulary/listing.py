"""Word lists written as running text, which reads better than a column of quoted words."""


def listed(text: str, separator: str | None = None) -> tuple[str, ...]:
    """The parts between separators (or spaces), with single spaces inside and none around them."""
    return tuple(" ".join(part.split()) for part in text.split(separator))
