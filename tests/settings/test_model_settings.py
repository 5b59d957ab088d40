from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobai_server.settings import Settings, engine_arguments, load_settings

Load = Callable[..., Settings]
Refusal = Callable[..., str]

PRIMARY = "primary_model: {name: a, source: o/r}\n"


def entry(name: str = "a", source: str = "o/r", **settings: object) -> str:
    lines = {"name": name, "source": source, **settings}
    return "primary_model:\n" + "".join(f"  {key}: {value}\n" for key, value in lines.items())


def test_every_setting(load: Load, tmp_path: Path) -> None:
    (tmp_path / "chat.jinja").write_text("{{ messages }}")
    text = entry(
        name="[a, org/a:latest]",
        revision="v1.0",
        quantization="gptq",
        context_length=128,
        max_tokens=128,
        max_concurrent_requests=65536,
        max_queued_tokens=1024,
        key_share=1,
        contended_share="null",
        tool_call_parser="llama3_json",
        chat_template="chat.jinja",
        threads=1024,
        sleep_level=1,
        download_if_missing="true",
        engine_args="{max_num_seqs: 4, kv_cache_memory_bytes: 1.5GiB, compilation_config: {level: 0}}",
    )
    assert load(text).models.primary_model.model_dump() == {
        "name": ("a", "org/a:latest"),
        "source": "o/r",
        "revision": "v1.0",
        "quantization": "gptq",
        "context_length": 128,
        "max_tokens": 128,
        "max_concurrent_requests": 65536,
        "max_queued_tokens": 1024,
        "key_share": 1.0,
        "contended_share": None,
        "tool_call_parser": "llama3_json",
        "chat_template": tmp_path / "chat.jinja",
        "threads": 1024,
        "dtype": "auto",
        "sleep_level": 1,
        "download_if_missing": True,
        "engine_args": {"max_num_seqs": 4, "kv_cache_memory_bytes": 3 << 29, "compilation_config": {"level": 0}},
    }


NAMES = "1 to 16 names, each 1 to 128 letters, digits and . _ : / -"
SOURCES = "owner/repo, a path that begins with /, ./, ../ or ~, or package:import.name/folder"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (entry(quantisation="awq"), "primary_model.quantisation is not a setting; did you mean quantization?"),
        (entry(zzz=1), "primary_model.zzz is not a setting"),
        (entry(quantization="fp8"), "primary_model.quantization is 'fp8'; allowed: awq or gptq"),
        (
            entry(context_length=127),
            "primary_model.context_length is 127; allowed: a whole number from 128 to 1048576",
        ),
        (
            entry(context_length="'8192'"),
            "primary_model.context_length is '8192'; allowed: a whole number from 128 to 1048576",
        ),
        (entry(max_tokens="true"), "primary_model.max_tokens is True; allowed: a whole number from 1 to 1048576"),
        (
            entry(context_length=128, max_tokens=129),
            "primary_model.max_tokens is 129; allowed: at most context_length, which is 128",
        ),
        (
            entry(max_concurrent_requests=65537),
            "primary_model.max_concurrent_requests is 65537; allowed: a whole number from 1 to 65536",
        ),
        (entry(threads=0), "primary_model.threads is 0; allowed: a whole number from 1 to 1024"),
        (entry(sleep_level=2), "primary_model.sleep_level is 2; allowed: 1"),
        (entry(download_if_missing=1), "primary_model.download_if_missing is 1; allowed: true or false"),
        (
            entry(revision=123),
            "primary_model.revision is 123; allowed: a branch, tag or commit, in quotes where it is a number",
        ),
        (
            entry(source="./here", revision="main"),
            "primary_model.revision is only for a source on the hub, owner/repo",
        ),
        (
            entry(chat_template="no.jinja"),
            "primary_model.chat_template is 'no.jinja'; "
            "allowed: an existing Jinja file, its path relative to this file",
        ),
        (
            entry(chat_template="n" * 300),
            f"primary_model.chat_template is '{'n' * 38}…; "
            "allowed: an existing Jinja file, its path relative to this file",
        ),
        (
            entry(tool_call_parser="llama3json"),
            "primary_model.tool_call_parser is 'llama3json', which vLLM does not have; did you mean llama3_json?",
        ),
        (entry(name="a b"), f"primary_model.name is 'a b'; allowed: {NAMES}"),
        (entry(name="[]"), f"primary_model.name is []; allowed: {NAMES}"),
        (entry(name="n" * 129), f"primary_model.name is '{'n' * 38}…; allowed: {NAMES}"),
        (entry(name="[a, a]"), "primary_model.name is ['a', 'a']; allowed: names that differ from each other"),
        (entry(name="primary"), "primary_model.name is 'primary'; allowed: any name but primary, which means a role"),
        *(
            (entry(source=source), f"primary_model.source is '{source}'; allowed: {SOURCES}")
            for source in ("gpt2", "a/b.git", "a/b--c", "a/b..c", "a/b-", "a./b", "a/b.")
        ),
        (entry(source="package:a/../b"), f"primary_model.source is 'package:a/../b'; allowed: {SOURCES}"),
        (
            entry(source="o/r.GGUF"),
            "primary_model.source is 'o/r.GGUF'; allowed: an AWQ or GPTQ checkpoint; vLLM does not serve GGUF files",
        ),
        ("primary_model: {name: a}", "primary_model.source is missing"),
        (
            "primary_model: {name: a, sorce: o/r}",
            "primary_model.sorce is not a setting; did you mean source? (and 1 more)",
        ),
        ("primary_model: 3", "primary_model is 3; allowed: a section with name, source and further settings"),
        ("embedding_model: {name: a, source: o/r}", "primary_model is missing"),
        (PRIMARY + "embeding_model: 3", "embeding_model is not a setting; did you mean embedding_model?"),
        (
            PRIMARY + "classification_model: primary",
            "classification_model is 'primary'; "
            "allowed: primary_model, or a section with name, source and further settings",
        ),
        (
            PRIMARY + "classification_model: {name: [b, a], source: o/r}",
            "classification_model.name is 'a', which primary_model already serves",
        ),
        (
            PRIMARY + "embedding_model: {name: a, source: o/r}",
            "embedding_model.name is 'a', which primary_model already serves",
        ),
        (
            PRIMARY + "embedding_model: {name: b, source: o/r, engine_args: {seed: 1}}",
            "embedding_model.engine_args may not be set: vLLM does not run the embedding model",
        ),
    ],
)
def test_refused_entries(refusal: Refusal, text: str, line: str) -> None:
    assert refusal(text) == f"x.yaml: {line}"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("[1]", " is [1]; allowed: a section of argument: value"),
        ("{max_num_seq: 1}", ".max_num_seq is not an argument of vLLM's engine; did you mean max_num_seqs?"),
        ("{max-num-seqs: 1}", ".max-num-seqs is not an argument of vLLM's engine; did you mean max_num_seqs?"),
        ("{qqqqq: 1}", ".qqqqq is not an argument of vLLM's engine"),
        ("{tool_call_parser: a}", ".tool_call_parser belongs beside engine_args, not in it"),
        ("{tokenizer_mode: mistral}", ".tokenizer_mode may not be set: the server needs the tokenizer of transformers"),
        *(
            (f"{{{name}: {value}}}", f".{name} is {shown}; allowed: a whole number from 1")
            for name, value, shown in [
                ("tensor_parallel_size", "0", "0"),
                ("tensor_parallel_size", "true", "True"),
                ("pipeline_parallel_size", "-1", "-1"),
            ]
        ),
        ("{max_model_len: 1}", ".max_model_len may not be set: use context_length"),
        ("{quantization: awq}", ".quantization may not be set: use quantization beside engine_args"),
        ("{model: o/r}", ".model may not be set: use source"),
        ("{served_model_name: a}", ".served_model_name may not be set: use name"),
        ("{port: 1}", ".port may not be set: set PORT in the environment"),
        ("{api_server_count: 1}", ".api_server_count may not be set: set WORKERS in the environment"),
        ("{disable_log_stats: true}", ".disable_log_stats may not be set: the server's metrics need the statistics"),
        ("{data_parallel_size: 2}", ".data_parallel_size may not be set: the server runs one engine per model"),
        ("{_api_process_count: 2}", "._api_process_count may not be set: it is vLLM's own"),
        (
            "{hf_token: abc}",
            ".hf_token may not be set: set HF_TOKEN in the environment; secrets do not belong in this file",
        ),
        *(
            (
                f"{{kv_cache_memory_bytes: {value}}}",
                f".kv_cache_memory_bytes is {shown}; allowed: a size from 1MiB to 1PiB such as 22GiB, or in bytes",
            )
            for value, shown in [("many", "'many'"), ("0", "0"), ("true", "True"), ("2PiB", "'2PiB'")]
        ),
    ],
)
def test_refused_engine_arguments(refusal: Refusal, arguments: str, line: str) -> None:
    assert refusal(entry(engine_args=arguments)) == f"x.yaml: primary_model.engine_args{line}"


def test_without_vllm_its_names_are_not_checked(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    model = load(entry(tool_call_parser="mine", engine_args="{unheard_of: 1}")).models.primary_model
    assert (model.tool_call_parser, model.engine_args) == ("mine", {"unheard_of": 1})


def test_names_are_read_from_the_installed_vllm() -> None:
    assert {"max_num_seqs", "gpu_memory_utilization", "enable_log_requests"} <= engine_arguments.known_arguments()
    assert {"llama3_json", "mistral"} <= engine_arguments.known_tool_parsers()


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("/m/x", "/m/x"),
        ("./m/../x", "{folder}/x"),
        ("../x", "{folder}/../x"),
        ("~/x", "/home/someone/x"),
        ("o/r", "o/r"),
        ("package:a.b_c/d/e-1.0", "package:a.b_c/d/e-1.0"),
    ],
)
def test_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, resolved: str) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "x.yaml").write_text(entry(source=written))
    source = load_settings(config_file="configs/x.yaml").models.primary_model.source
    assert source == resolved.format(folder=folder).replace("/configs/..", "")


OTHER = "classification_model: {name: b, source: o/r}\n"
EMBEDDING = "embedding_model: {name: e, source: o/e}\n"


@pytest.mark.parametrize(
    ("text", "engines"),
    [
        (PRIMARY, {"a": ("primary",)}),
        (PRIMARY + OTHER + EMBEDDING, {"a": ("primary",), "b": ("classification",)}),
        (PRIMARY + "classification_model: primary_model", {"a": ("primary", "classification")}),
        (PRIMARY + PRIMARY.replace("primary", "classification"), {"a": ("primary", "classification")}),
        (PRIMARY + "classification_model: null", {"a": ("primary",)}),
    ],
)
def test_roles_with_equal_entries_share_an_engine(load: Load, text: str, engines: dict[str, tuple[str, ...]]) -> None:
    models = load(text).models
    found = models.text_engines()
    assert {name: engine.roles for name, engine in found.items()} == engines
    assert all(engine.model == models.by_role()[engine.roles[0]] for engine in found.values())


def test_by_role_lists_every_model(load: Load) -> None:
    roles = load(PRIMARY + OTHER + EMBEDDING).models.by_role()
    assert {role: model.name[0] for role, model in roles.items()} == {
        "primary": "a",
        "classification": "b",
        "embedding": "e",
    }
