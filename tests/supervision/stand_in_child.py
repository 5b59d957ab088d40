"""Takes the place of an engine process or of a web worker, and does what the test's script says.

The environment variable STAND_IN names, separated by commas, what each run does; the last goes for all further runs.
A run's number is in the file STAND_IN_RUNS, one byte for every run so far.

    ready     an engine that starts, a web worker that listens
    fail      an engine that says why it does not start
    silent    never says a word
    hang      an engine that starts and then never says a word again, deaf to SIGTERM
    beat      an engine that starts and says ever after that it is alive
    break     an engine that starts and then says that it has failed, without ending
    oversleep an engine that falls asleep when told to, and does not wake
    fork      an engine that starts, and has started a process that holds its control channel
    exit      ends at once, with code 3
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from jobai_server.process import adopt


def main() -> None:
    control = adopt(sys.argv)
    act = _next_act()
    messages = control.makefile("rb")
    first = json.loads(next(messages))
    if act == "exit":
        sys.exit(3)
    if act == "fail":
        _say(control, event="failed", detail="out of luck")
        sys.exit(1)
    if act == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if act == "fork":
        subprocess.Popen(["sleep", "600"], pass_fds=(control.fileno(),))
    if act in {"ready", "hang", "beat", "break", "oversleep", "fork"}:
        _say(control, event="progress", detail="loading")
        _say(control, event="listening" if "index" in first else "ready", detail="")
        for engine in first.get("engines", ()):
            _say(control, event="connected", engine=engine["name"], run="1")
    if act == "break":
        _say(control, event="failed", detail="RuntimeError: a step failed")
    while act == "beat":
        _say(control, event="alive", detail="")
        time.sleep(0.02)
    for line in messages:
        message = json.loads(line)
        if message["event"] == "drain":
            sys.exit(0)
        if message["event"] == "sleep":
            _say(control, event="asleep", detail="")
        elif message["event"] == "wake":
            if act != "oversleep":
                _say(control, event="awake", detail="")
        else:
            _say(control, event="connected", engine=message["name"], run="1")


def _next_act() -> str:
    with open(os.environ["STAND_IN_RUNS"], "ab") as runs:
        number = runs.tell()
        runs.write(b".")
    acts = os.environ["STAND_IN"].split(",")
    return acts[min(number, len(acts) - 1)]


def _say(control: socket.socket, **message: Any) -> None:
    control.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
