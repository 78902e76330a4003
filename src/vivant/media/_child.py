"""The child process that decodes what others made; started by `_process.Child`.

    python -m vivant.media._child '{"task": "video", "path": "talk.mp4", ...}'

It answers on standard output in the messages of `_wire`. A crash in a decoder ends
this process only; it has little to lose (`vivant.confined`): no stdin, no core dump, no
files written, no program started, no connection, a bound on memory, and a watchdog that
ends it when a frame takes too long.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from vivant import confined
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


def _restrict(folder: Path | None = None) -> None:
    """Give up what decoding does not need; `folder` is where files may be written."""
    if os.name == "posix":
        os.set_blocking(2, False)  # nobody reads stderr before the end
    confined.restrict(
        memory=MEMORY,
        refuse=lambda what: PermissionError(f"decoding tried more than to read ({what})"),
        folder=folder,
        largest=0 if folder is None else 1 << 40,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
