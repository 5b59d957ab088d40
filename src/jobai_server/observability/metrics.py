"""What the server counts about itself; vLLM's and the HTTP layer's own metrics come beside it.

Values live in the files of PROMETHEUS_MULTIPROC_DIR, one set a process, and add up when they are read. Every label
comes from a closed set: configured models, existing keys, routes, error codes.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

FAST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
WAIT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

TOKENS = Counter(
    "jobai_tokens",
    "Tokens by the key that used them and the model; kind is prompt or completion.",
    ["key_id", "model", "kind"],
)
FIRST_TOKEN_SECONDS = Histogram(
    "jobai_time_to_first_token_seconds",
    "From the request's head to the first token of its answer, everything in between included.",
    ["model", "route"],
    buckets=WAIT_SECONDS,
)
QUEUE_SECONDS = Histogram(
    "jobai_queue_wait_seconds",
    "How long a request waited before its model took it up.",
    ["model"],
    buckets=WAIT_SECONDS,
)
REFUSALS = Counter("jobai_refusals", "Requests that were answered with an error, by its code.", ["code"])
CLASSIFIED_TEXTS = Counter("jobai_classified_texts", "Texts that were classified.", ["model"])
EMBEDDED_TEXTS = Counter("jobai_embedded_texts", "Texts that were embedded for requests.", ["model"])
EMBEDDING_BATCH_TEXTS = Histogram(
    "jobai_embedding_batch_texts",
    "Texts in one forward pass of the embedding model; a probe of an idle one is a pass, too.",
    ["model"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
EMBEDDING_BATCH_FILL = Histogram(
    "jobai_embedding_batch_fill_ratio",
    "Share of a forward pass that is text and not padding, 0 to 1.",
    ["model"],
    buckets=(0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1),
)
EVENT_LOOP_LAG_SECONDS = Histogram(
    "jobai_event_loop_lag_seconds",
    "How late a web worker's event loop ran a timer; everything it does waits so long.",
    buckets=FAST_SECONDS,
)
KEY_STORE_AGE_SECONDS = Gauge(
    "jobai_key_store_age_seconds",
    "Since the keys of a web worker were last known to be those of the key store, the oldest of all workers; "
    "one lets nobody in after 60 s.",
    multiprocess_mode="livemax",
)

COUNTED = (
    TOKENS,
    FIRST_TOKEN_SECONDS,
    QUEUE_SECONDS,
    REFUSALS,
    CLASSIFIED_TEXTS,
    EMBEDDED_TEXTS,
    EMBEDDING_BATCH_TEXTS,
    EMBEDDING_BATCH_FILL,
    EVENT_LOOP_LAG_SECONDS,
    KEY_STORE_AGE_SECONDS,
)
