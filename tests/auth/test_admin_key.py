from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jobai_server.auth.admin_key import AdminKey, admin_key
from jobai_server.errors import ConfigurationError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_given_key_is_used_and_nothing_is_stored(tmp_path: Path) -> None:
    assert admin_key("a-given-key", tmp_path / "data") == AdminKey("a-given-key", None, new=False)
    assert not (tmp_path / "data").exists()


def test_new_key_is_long_and_for_the_owner_alone(tmp_path: Path) -> None:
    key = admin_key(None, tmp_path / "deep" / "data")
    assert key.new
    assert key.path is not None
    assert (mode(key.path), mode(key.path.parent)) == (0o600, 0o700)
    assert len(key.secret) >= 40
    assert key.secret.isascii()
    assert list(key.path.parent.iterdir()) == [key.path]


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        key = admin_key(None, tmp_path / "data")
    finally:
        os.umask(before)
    assert key.path is not None
    assert (mode(key.path), mode(key.path.parent)) == (0o600, 0o700)


def test_stored_key_is_used_again(tmp_path: Path) -> None:
    first, second = admin_key(None, tmp_path), admin_key(None, tmp_path)
    assert (second.secret, second.path, second.new) == (first.secret, first.path, False)


def test_given_key_wins_over_the_stored_one(tmp_path: Path) -> None:
    admin_key(None, tmp_path)
    assert admin_key("a-given-key", tmp_path).secret == "a-given-key"


def test_every_data_directory_has_a_key_of_its_own(tmp_path: Path) -> None:
    assert admin_key(None, tmp_path / "a").secret != admin_key(None, tmp_path / "b").secret


def test_key_does_not_show_when_printed(tmp_path: Path) -> None:
    key = admin_key(None, tmp_path)
    assert key.secret not in repr(key)


def test_start_that_was_slower_takes_the_key_of_the_faster_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faster = admin_key(None, tmp_path)
    # The slower one looked before the faster one had stored its key.
    monkeypatch.setattr("jobai_server.auth.admin_key._stored", lambda path: None)
    slower = admin_key(None, tmp_path)
    assert (slower.secret, slower.new) == (faster.secret, False)
    assert [path.name for path in tmp_path.iterdir()] == ["admin-key"]


def test_empty_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "admin-key").write_text("\n")
    assert "admin-key is empty; delete it" in refusal(tmp_path)


def test_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert "cannot be kept in" in refusal(tmp_path / "data")


def test_data_directory_that_cannot_be_made_is_refused() -> None:
    assert "cannot be kept in" in refusal(Path("/proc/no-such-process"))


def test_key_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "admin-key").mkdir()
    assert "Is a directory" in refusal(tmp_path)


def refusal(data_directory: Path) -> str:
    """The one line with which no key is made."""
    with pytest.raises(ConfigurationError) as refused:
        admin_key(None, data_directory)
    assert "\n" not in refused.value.message
    return refused.value.message
