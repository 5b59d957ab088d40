"""A worker for the engine that fails in the middle of a step, named by a test's config as `worker_cls`."""

from __future__ import annotations

from typing import Any

from jobai_server.engines.vllm_worker import RowwiseCpuWorker

LONGEST_PROMPT = 1000  # tokens


class FailingWorker(RowwiseCpuWorker):
    """Does not survive long prompts."""

    def execute_model(self, scheduler_output: Any) -> Any:
        if any(len(new.prompt_token_ids) > LONGEST_PROMPT for new in scheduler_output.scheduled_new_reqs):
            raise RuntimeError("this prompt is too much")
        return super().execute_model(scheduler_output)
