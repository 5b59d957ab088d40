"""Counts and gauges as a web worker does, and ends; PROMETHEUS_MULTIPROC_DIR is its folder.

Run with the value that every metric gets.
"""

from __future__ import annotations

import os
import sys

from prometheus_client import Counter, Gauge, Histogram


def main() -> None:
    value = float(sys.argv[1])
    Counter("requests", "As ours.").inc(value)
    Histogram("seconds", "As ours.", buckets=(1, 100)).observe(value)
    Gauge("running", "As vLLM's.", multiprocess_mode="mostrecent").set(value)
    Gauge("age", "As ours.", multiprocess_mode="livemax").set(value)
    sys.stdout.write(str(os.getpid()))


if __name__ == "__main__":
    main()
