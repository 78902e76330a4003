"""The child process that decodes what others made; started by `_process.Child`.

    python -m vivant.media._child '{"task": "video", "path": "talk.mp4", ...}'

It answers on standard output in the messages of `_wire`. A crash in a decoder ends
this process only; it has little to lose: no stdin, no core dump, no files written,
a bound on memory, and a watchdog that ends it when a frame takes too long.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from vivant.errors import DamagedMedia, VivantError
from vivant.media import _wire

MEMORY = 6 << 30
"""Bytes of address space, shared libraries and thread stacks included."""


def main(arguments: list[str]) -> None:
    """Do the task in `arguments[0]` (JSON) and send what comes of it."""
    _restrict()
    sender = _wire.Sender(_claim_stdout(), _wire.Watchdog())
    job = json.loads(arguments[0])
    try:
        run(job, sender)
    except BrokenPipeError:  # the parent has what it wanted, or is gone
        os._exit(0)
    os._exit(0)  # skips the teardown: threads of libraries have nothing to save


def run(job: dict[str, Any], sender: _wire.Sender) -> None:
    """Do one task; every failure but a broken pipe becomes an error message."""
    try:
        if job["task"] == "sound":
            from vivant.media._sound import send_sound

            send_sound(job, sender)
        else:
            from vivant.media._frames import send_frames

            send_frames(job, sender)
        sender.send(_wire.END)
    except BrokenPipeError:
        raise
    except VivantError as error:
        sender.send_plain(_wire.ERROR, _wire.plain_error(error))
    except Exception as error:  # noqa: BLE001 - decoders fail in every way there is
        found = DamagedMedia(job["path"], f"cannot be decoded ({type(error).__name__}: {error}).")
        sender.send_plain(_wire.ERROR, _wire.plain_error(found))


def _claim_stdout() -> int:
    """Keep the pipe for messages; whatever libraries print goes to stderr."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    return pipe


def _restrict(*, writes: bool = False) -> None:
    """Give up what decoding does not need; `writes` keeps the right to write files."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    if os.name == "posix":
        import resource

        os.set_blocking(2, False)  # nobody reads stderr before the end
        limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, MEMORY)]
        if not writes:
            limits.append((resource.RLIMIT_FSIZE, 0))
        for limit, value in limits:
            hard = resource.getrlimit(limit)[1]
            if hard == resource.RLIM_INFINITY or hard > value:
                try:
                    resource.setrlimit(limit, (value, value))
                except (ValueError, OSError):  # macOS knows RLIMIT_AS but refuses it
                    continue


if __name__ == "__main__":
    main(sys.argv[1:])
