"""The table of figures and its place in documents."""

from pathlib import Path

import pytest

from scoring import report

FIGURES = {"title exact match": 0.875, "yes/no accuracy": 0.5}


def document(folder: Path, text: str) -> Path:
    file = folder / f"{len(list(folder.iterdir()))}.md"
    file.write_text(text, encoding="utf-8")
    return file


def test_table_names_the_aim_where_there_is_one() -> None:
    rows = report.table(FIGURES).splitlines()
    assert rows[2] == "| title exact match | 0.875 | ≥ 0.85 |"
    assert rows[3] == "| yes/no accuracy | 0.500 |  |"


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    file = document(tmp_path, f"before\n{report._BEGIN}\nold\n{report._END}\nafter\n")
    report.write((file,), "Asked:", FIGURES)
    report.write((file,), "Asked again:", FIGURES)
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{report._BEGIN}\nAsked again:\n\n| measure")
    assert text.endswith(f"{report._END}\nafter\n")
    assert "old" not in text
    assert "Asked:" not in text


def test_nothing_is_written_where_a_document_has_no_place(tmp_path: Path) -> None:
    good = document(tmp_path, f"{report._BEGIN}\n{report._END}")
    bad = document(tmp_path, f"{report._BEGIN} and no end")
    with pytest.raises(ValueError, match=r"1\.md has no place"):
        report.write((good, bad), "Asked:", FIGURES)
    assert good.read_text(encoding="utf-8") == f"{report._BEGIN}\n{report._END}"


def test_the_documents_of_the_repository_have_a_place() -> None:
    root = Path(__file__).parents[2]
    for file in (root / "docs" / "jobai-nano.md", root / "src/jobai_server/embedded/jobai_nano/MODEL_CARD.md"):
        assert "| title exact match |" in report._renewed(file.read_text(encoding="utf-8"), report.table(FIGURES), file)
