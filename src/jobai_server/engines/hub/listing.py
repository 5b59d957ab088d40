"""What a repository of the hub holds that an engine needs, and where the local cache keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from huggingface_hub import HfApi, constants
from huggingface_hub._tree_cache import read_tree_cache
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import filter_repo_objects

from jobai_server.engines.hub.refusals import HUB_ERRORS, refusal
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings

MAIN = "main"
COMMIT_LENGTH = 40

# Weights as safetensors alone: engines have no use for the same ones as GGUF or ONNX, and pickles could run code.
NEEDED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.py")
NOT_NEEDED = ("original/*", "onnx/*", "openvino/*", "metal/*", "consolidated*.safetensors")


class _Recorded(Protocol):
    """One file as the hub describes it; `lfs_sha256` is there for large files alone."""

    @property
    def size(self) -> int: ...
    @property
    def blob_id(self) -> str: ...
    @property
    def lfs_sha256(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository: its size in bytes, and its checksum, which is also its name in the cache.

    Attributes:
        checksum: SHA-256 of a large file, git's SHA-1 of a small one, in hexadecimal.
        large: Whether the hub keeps it outside of git.
    """

    path: str
    size: int
    checksum: str
    large: bool


@dataclass(frozen=True, slots=True)
class HubListing:
    """The needed files of one commit of a model's repository."""

    model: ModelSettings
    commit: str
    files: tuple[HubFile, ...]

    @property
    def snapshot(self) -> Path:
        """The folder that an engine loads."""
        return _repository_folder(self.model) / "snapshots" / self.commit

    def content(self, file: HubFile) -> Path:
        """Where the cache keeps the file's bytes; the snapshot links to it."""
        return _repository_folder(self.model) / "blobs" / file.checksum

    def lock(self, file: HubFile) -> Path:
        """The lock that huggingface_hub, too, holds while it writes the file."""
        return Path(constants.HF_HUB_CACHE) / ".locks" / _repository_folder(self.model).name / f"{file.checksum}.lock"

    @property
    def reference(self) -> Path | None:
        """The file that says which commit the model's revision is; None where the revision is a commit."""
        revision = self.model.revision or MAIN
        return None if revision == self.commit else _repository_folder(self.model) / "refs" / revision


def hub_listing(model: ModelSettings) -> HubListing:
    """What the hub has for the model now.

    Raises:
        ConfigurationError: The hub does not say, or it has no weights that can be used; says what to do.
    """
    try:
        found = HfApi().model_info(model.source, revision=model.revision, files_metadata=True, timeout=30)
    except HUB_ERRORS as error:
        raise refusal(model, error) from error
    files = [
        HubFile(
            path=file.rfilename,
            size=file.size,
            checksum=file.lfs.sha256 if file.lfs else file.blob_id,
            large=bool(file.lfs),
        )
        for file in found.siblings or ()
        if file.size is not None and file.blob_id is not None
    ]
    needed = tuple(needed_files(files))
    if found.sha is None or not any(file.path.endswith(".safetensors") for file in needed):
        raise ConfigurationError(
            f"Model '{model.name[0]}': {model.source} holds no safetensors weights; choose a repository that does."
        )
    return HubListing(model, found.sha, needed)


def recorded_listing(model: ModelSettings) -> HubListing | None:
    """What the hub said when the model was downloaded, without asking it; None where that is not recorded here."""
    commit = recorded_commit(model)
    recorded = read_tree_cache(str(_repository_folder(model)), commit) if commit else None
    if commit is None or recorded is None:
        return None
    files = (_hub_file(path, file) for path, file in recorded.items())
    return HubListing(model, commit, tuple(needed_files(files)))


def recorded_commit(model: ModelSettings) -> str | None:
    """The commit that this machine takes the model's revision to be."""
    revision = model.revision or MAIN
    reference = _repository_folder(model) / "refs" / revision
    if reference.is_file():
        return reference.read_text().strip()
    return revision if len(revision) == COMMIT_LENGTH else None


def needed_files(files: Iterable[HubFile]) -> Iterable[HubFile]:
    return filter_repo_objects(
        files, allow_patterns=list(NEEDED), ignore_patterns=list(NOT_NEEDED), key=lambda file: file.path
    )


def _hub_file(path: str, file: _Recorded) -> HubFile:
    return HubFile(path, file.size, file.lfs_sha256 or file.blob_id, large=file.lfs_sha256 is not None)


def _repository_folder(model: ModelSettings) -> Path:
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=model.source, repo_type="model")
