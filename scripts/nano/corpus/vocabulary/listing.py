"""Word lists written as running text, which reads better than a column of quoted words."""


def listed(text: str, separator: str | None = None) -> tuple[str, ...]:
    """The parts between separators (or spaces), without spaces around them."""
    return tuple(part.strip() for part in text.split(separator))
