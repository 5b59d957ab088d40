"""The dashboards: what an operator looks at."""

from __future__ import annotations

from panel import Dashboard, Panel, Query

RATE = "$__rate_interval"


def _quantile(share: float, metric: str, by: str, selector: str = "") -> str:
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{selector}[{RATE}])))"


OVERVIEW = Dashboard(
    "jobai-overview",
    "jobai-server: overview",
    (
        Panel(
            "Models that answer",
            (Query('sum by (model) (jobai_engine_state{state=~"ready|dozing|asleep|waking"})', "{{model}}"),),
            "1 while a model answers, if need be after waking up; 0 while it does not.",
            kind="stat",
        ),
        Panel("Up for", (Query("max(jobai_uptime_seconds)", "server"),), "Since the server's start.", "s", "stat", 4),
        Panel(
            "Engine restarts, 24 h",
            (Query("sum by (model) (increase(jobai_engine_restarts_total[24h]))", "{{model}}"),),
            "Engines that ended and were started again.",
            kind="stat",
            width=6,
        ),
        Panel(
            "Disk free",
            (Query("min(jobai_disk_free_bytes)", "data directory"),),
            "Where the key store is.",
            "bytes",
            "stat",
            6,
        ),
        Panel(
            "Requests",
            (Query(f"sum by (handler) (rate(http_requests_total[{RATE}]))", "{{handler}}"),),
            "Answered requests a second, by route.",
            "reqps",
        ),
        Panel(
            "Errors",
            (
                Query(f'sum by (status) (rate(http_requests_total{{status!="2xx"}}[{RATE}]))', "{{status}}"),
                Query(f"sum by (code) (rate(jobai_refusals_total[{RATE}]))", "{{code}}"),
            ),
            "Answers that are no success, by status class and by error code.",
            "reqps",
        ),
        Panel(
            "Time to first token",
            (
                Query(_quantile(0.5, "jobai_time_to_first_token_seconds", "route"), "{{route}} median"),
                Query(_quantile(0.95, "jobai_time_to_first_token_seconds", "route"), "{{route}} 95 %"),
            ),
            "From a request's head to the first token of its answer.",
            "s",
        ),
        Panel(
            "Tokens",
            (Query(f"sum by (kind) (rate(jobai_tokens_total[{RATE}]))", "{{kind}}"),),
            "Tokens a second that keys were charged.",
        ),
        Panel(
            "Queue",
            (
                Query("sum by (model, state) (jobai_queue_requests)", "{{model}} {{state}}"),
                Query("sum by (model) (jobai_queue_limit_requests)", "{{model}} limit"),
            ),
            "Requests running or waiting, and how many a model accepts.",
        ),
        Panel(
            "Event loop lag",
            (Query(_quantile(0.99, "jobai_event_loop_lag_seconds", "job"), "99 %"),),
            "How late the web workers are with everything they do.",
            "s",
        ),
    ),
)

MODELS = Dashboard(
    "jobai-models",
    "jobai-server: models",
    (
        Panel(
            "State",
            (Query('sum by (model, state) (jobai_engine_state{model=~"$model"} == 1)', "{{model}} {{state}}"),),
            "What each model is doing.",
            kind="stat",
            width=12,
        ),
        Panel(
            "Memory",
            (Query('sum by (model, kind) (jobai_engine_memory_bytes{model=~"$model"})', "{{model}} {{kind}}"),),
            "What an engine was given by plan, and what it holds.",
            "bytes",
            width=12,
        ),
        Panel(
            "Running and waiting",
            (
                Query(
                    'sum by (model_name) (vllm:num_requests_running{model_name=~"$model"})', "{{model_name}} running"
                ),
                Query(
                    'sum by (model_name) (vllm:num_requests_waiting{model_name=~"$model"})', "{{model_name}} waiting"
                ),
            ),
            "Sequences in the engine's batch, and in front of it.",
        ),
        Panel(
            "KV cache",
            (Query('max by (model_name) (vllm:kv_cache_usage_perc{model_name=~"$model"})', "{{model_name}}"),),
            "Share of the cache in use; at 1 sequences are pushed out and start over.",
            "percentunit",
        ),
        Panel(
            "Prefix cache hits",
            (
                Query(
                    f'sum by (model_name) (rate(vllm:prefix_cache_hits_total{{model_name=~"$model"}}[{RATE}]))'
                    f' / sum by (model_name) (rate(vllm:prefix_cache_queries_total{{model_name=~"$model"}}[{RATE}]))',
                    "{{model_name}}",
                ),
            ),
            "Share of prompt tokens that were still in the cache.",
            "percentunit",
        ),
        Panel(
            "Tokens a second",
            (
                Query(
                    f'sum by (model_name) (rate(vllm:prompt_tokens_total{{model_name=~"$model"}}[{RATE}]))',
                    "{{model_name}} prompt",
                ),
                Query(
                    f'sum by (model_name) (rate(vllm:generation_tokens_total{{model_name=~"$model"}}[{RATE}]))',
                    "{{model_name}} answer",
                ),
            ),
            "What the engine read and wrote.",
        ),
        Panel(
            "Time between tokens",
            (
                Query(
                    _quantile(0.5, "vllm:inter_token_latency_seconds", "model_name", '{model_name=~"$model"}'),
                    "{{model_name}} median",
                ),
                Query(
                    _quantile(0.95, "vllm:inter_token_latency_seconds", "model_name", '{model_name=~"$model"}'),
                    "{{model_name}} 95 %",
                ),
            ),
            "The pace of a stream.",
            "s",
        ),
        Panel(
            "Wait in the queue",
            (
                Query(
                    _quantile(0.95, "jobai_queue_wait_seconds", "model", '{model=~"$model"}'),
                    "{{model}} 95 %",
                ),
            ),
            "Until the model took a request up.",
            "s",
        ),
        Panel(
            "Sequences pushed out",
            (
                Query(
                    f'sum by (model_name) (rate(vllm:num_preemptions_total{{model_name=~"$model"}}[{RATE}]))',
                    "{{model_name}}",
                ),
            ),
            "Sequences a second that lost their place in the KV cache; more than none means it is too small.",
        ),
        Panel(
            "Embedded and classified texts",
            (
                Query(
                    f'sum by (model) (rate(jobai_embedded_texts_total{{model=~"$model"}}[{RATE}]))',
                    "{{model}} embedded",
                ),
                Query(
                    f'sum by (model) (rate(jobai_classified_texts_total{{model=~"$model"}}[{RATE}]))',
                    "{{model}} classified",
                ),
            ),
            "Texts a second.",
        ),
        Panel(
            "Embedding batches",
            (
                Query(
                    f'sum by (model) (rate(jobai_embedding_batch_texts_sum{{model=~"$model"}}[{RATE}]))'
                    f' / sum by (model) (rate(jobai_embedding_batch_texts_count{{model=~"$model"}}[{RATE}]))',
                    "{{model}} texts",
                ),
            ),
            "Texts in one forward pass.",
        ),
        Panel(
            "Batch fill",
            (
                Query(
                    f'sum by (model) (rate(jobai_embedding_batch_fill_ratio_sum{{model=~"$model"}}[{RATE}]))'
                    f' / sum by (model) (rate(jobai_embedding_batch_fill_ratio_count{{model=~"$model"}}[{RATE}]))',
                    "{{model}}",
                ),
            ),
            "Share of a forward pass that is text and not padding.",
            "percentunit",
        ),
    ),
    variable=("model", "label_values(jobai_engine_state, model)"),
)

KEYS = Dashboard(
    "jobai-keys",
    "jobai-server: keys and usage",
    (
        Panel(
            "Tokens by key",
            (
                Query(
                    f'sum by (key_id, kind) (rate(jobai_tokens_total{{key_id=~"$key_id"}}[{RATE}]))',
                    "{{key_id}} {{kind}}",
                ),
            ),
            "Tokens a second, by the public id of the key that used them.",
            width=12,
        ),
        Panel(
            "Ten busiest keys, 24 h",
            (Query("topk(10, sum by (key_id) (increase(jobai_tokens_total[24h])))", "{{key_id}}"),),
            "Tokens in a day.",
            kind="stat",
            width=12,
        ),
        Panel(
            "Tokens by model",
            (
                Query(
                    f'sum by (model) (rate(jobai_tokens_total{{key_id=~"$key_id"}}[{RATE}]))',
                    "{{model}}",
                ),
            ),
            "Which models the keys use.",
        ),
        Panel(
            "Turned away",
            (
                Query(
                    f"sum by (code) (rate(jobai_refusals_total[{RATE}]))",
                    "{{code}}",
                ),
            ),
            "Requests answered with an error: over a limit, with an invalid key, with a wrong field.",
            "reqps",
        ),
        Panel(
            "Age of the keys",
            (Query("max(jobai_key_store_age_seconds)", "oldest worker"),),
            "Since the web worker that is furthest behind heard of the key store; one lets nobody in after 60 s.",
            "s",
        ),
    ),
    variable=("key_id", "label_values(jobai_tokens_total, key_id)"),
)

DASHBOARDS = {"overview": OVERVIEW, "models": MODELS, "keys": KEYS}
