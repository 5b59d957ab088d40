from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobai_server.engines.checkpoint_digest import checkpoint_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "config.json").write_text('{"hidden_size": 8}')
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 20_000)
    (folder / "README.md").write_text("about it")
    return folder


def test_a_copy_is_the_same(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "README.md").write_text("more about it")
    (copy / ".cache").mkdir()
    (copy / ".cache" / "times.json").write_text("1")
    assert checkpoint_digest(copy) == checkpoint_digest(folder)


def test_files_may_be_links_as_the_hubs_cache_has_them(folder: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    (linked / "1_Pooling").mkdir(parents=True)
    for path in folder.rglob("*.*"):
        if path.is_file():
            (linked / path.relative_to(folder)).symlink_to(path)
    assert checkpoint_digest(linked) == checkpoint_digest(folder)


@pytest.mark.parametrize("name", ["config.json", "1_Pooling/config.json", "chat_template.jinja"])
def test_another_file_is_another_checkpoint(folder: Path, name: str) -> None:
    before = checkpoint_digest(folder)
    (folder / name).write_text('{"hidden_size": 9}')
    assert checkpoint_digest(folder) != before


def test_other_weights_of_the_same_size_are_another_checkpoint(folder: Path) -> None:
    before = checkpoint_digest(folder)
    (folder / "model.safetensors").write_bytes(bytes(reversed(range(256))) * 20_000)
    assert checkpoint_digest(folder) != before
