"""The metrics of the real server: two web workers, real engines."""

from __future__ import annotations

import time

import httpx2
import pytest
from openai import OpenAI
from prometheus_client.parser import text_string_to_metric_families

from jobai_server.engines.checkpoint import checkpoint_folder
from jobai_server.engines.memory_need import of_text_model
from jobai_server.engines.platform import multiplies_bfloat16
from jobai_server.engines.vllm_settings import cpu_defaults
from jobai_server.settings import load_settings

pytestmark = pytest.mark.engine

Sums = dict[str, float]


def sums(http: httpx2.Client) -> Sums:
    """Metric name to the sum of all its samples for the text model."""
    found: Sums = {}
    for family in text_string_to_metric_families(http.get("/metrics").raise_for_status().text):
        for sample in family.samples:
            name = sample.labels.get("model_name", sample.labels.get("model", "jobai-nano"))
            if name == "jobai-nano":
                found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def test_every_token_is_counted_once_whichever_worker_had_it(http: httpx2.Client, client: OpenAI) -> None:
    before = sums(http)
    prompt = completion = 0
    for _ in range(8):  # on new connections, so that both workers get some
        with OpenAI(base_url=client.base_url, api_key=client.api_key, max_retries=0) as fresh:
            reply = fresh.chat.completions.create(
                model="jobai-nano", messages=[{"role": "user", "content": "hello"}], max_tokens=3
            )
        assert reply.usage
        prompt += reply.usage.prompt_tokens
        completion += reply.usage.completion_tokens
    deadline = time.monotonic() + 10
    while True:
        after = sums(http)
        gained = {name: number - before.get(name, 0) for name, number in after.items()}
        if gained["vllm:request_success_total"] >= 8 or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert gained["vllm:prompt_tokens_total"] == prompt
    assert gained["vllm:generation_tokens_total"] == completion
    assert gained["jobai_tokens_total"] == prompt + completion
    assert gained["jobai_time_to_first_token_seconds_count"] == 8
    assert gained["jobai_queue_wait_seconds_count"] == 8
    assert gained["vllm:request_success_total"] == 8
    assert after["jobai_event_loop_lag_seconds_count"] > 0
    assert after["jobai_engine_state"] == 1


def test_every_embedded_text_is_counted_once(http: httpx2.Client, client: OpenAI) -> None:
    def counted() -> Sums:
        text = http.get("/metrics").raise_for_status().text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {
            name: sum(sample.value for sample in samples if sample.name == name)
            for name in ("jobai_embedded_texts_total", "jobai_embedding_batch_texts_sum")
        }

    before = counted()
    client.embeddings.create(model="embedding", input=["one", "two words", "and three words"])
    gained = {name: number - before[name] for name, number in counted().items()}
    assert gained["jobai_embedded_texts_total"] == 3
    assert gained["jobai_embedding_batch_texts_sum"] >= 3  # probes go through the model, too


def test_the_engines_cache_is_as_large_as_the_plan_says(http: httpx2.Client) -> None:
    [engine] = load_settings().models.text_engines().values()
    on_this_cpu = cpu_defaults(checkpoint_folder(engine.model)) | engine.model.engine_args
    planned = of_text_model(engine.model.model_copy(update={"engine_args": on_this_cpu}), engine.roles)
    [actual] = {
        int(sample.labels["num_gpu_blocks"]) * int(sample.labels["block_size"])
        for family in text_string_to_metric_families(http.get("/metrics").raise_for_status().text)
        for sample in family.samples
        if sample.name == "vllm:cache_config_info"
    }
    assert actual == planned.kv_tokens == (65_536 if multiplies_bfloat16() else 32_768)
