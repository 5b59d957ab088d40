"""What a start raises where the machine has no room for one more process, folder or open file."""

from __future__ import annotations

# Python waits for a child's end in a thread. Where the limit of processes leaves room for the child alone, that thread
# cannot be had, and a RuntimeError says so.
START_ERRORS = (OSError, RuntimeError)
