"""Reads model files that others made in a process of its own, which has little to lose.

The child gets a job (JSON) and a private folder, the only place where it may write. It may not
start programs or use the network, its memory and time are bounded, and it answers with JSON: what
it found, or an error. Nothing it read ever comes back as objects.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

from vivant import confined, errors
from vivant.errors import VivantError, WeightsError
from vivant.weights import sniff

MEMORY: Final = 12 << 30
"""Bytes of address space: libraries, the mapped file, and the tensors converted."""
PATIENCE: Final = 600.0
"""Seconds that a job may take."""
_ANSWER: Final = 1 << 20
"""Bytes of the longest answer."""
_REPORTED: Final = {
    cls.__name__: cls
    for cls in (errors.AskedWrongly, errors.SettingsError, errors.PathRefused, errors.MissingExtra)
}
"""Errors that a child may report besides `WeightsError`."""
_FOLDERS: Final = ("TMPDIR", "TEMP", "TMP", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Variables of what libraries write by themselves."""


def run(module: str, job: dict[str, Any], *, patience: float = PATIENCE) -> dict[str, Any]:
    """Have `module` do a job in a child process, and return what it found.

    Args:
        module: a module that ends in `confined.serve(...)`.
        job: plain values; `folder` is where the child may write, `path` what it reads.
        patience: seconds until the child is ended.

    Raises:
        VivantError: what the child reports.
        WeightsError: it took too long, ran out of memory, or crashed.
    """
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-B", "-m", module, json.dumps(job)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(Path(job["folder"])),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        said, _ = child.communicate(timeout=patience)
    except subprocess.TimeoutExpired as error:
        raise WeightsError(
            f"{job['path']}: reading took more than {patience:g} seconds and was stopped."
        ) from error
    finally:
        child.kill()
        child.communicate()
    try:
        answer = json.loads(said[:_ANSWER])
    except ValueError as nothing:
        raise WeightsError(
            f"{job['path']}: the process that read it ended without an answer (code "
            f"{child.returncode}): the file is damaged, or this computer has too little memory "
            f"for it."
        ) from nothing
    return read_answer(answer, job["path"])


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a child, whose temporary files are to lie in its folder."""
    return confined.environment(**dict.fromkeys(_FOLDERS, str(folder)))


def read_answer(answer: dict[str, Any], path: str) -> dict[str, Any]:
    """Return what a child found.

    Raises:
        VivantError: what it reports.
    """
    found, error = answer.get("found"), answer.get("error")
    if isinstance(found, dict):
        return found
    if not isinstance(error, dict):
        raise WeightsError(f"{path}: the process that read it said neither yes nor no.")
    raise _REPORTED.get(str(error.get("type")), WeightsError)(str(error.get("message")))


def serve(task: Callable[[dict[str, Any]], dict[str, Any]], *packages: str) -> NoReturn:
    """Do the job of `sys.argv` as the child, and end the process.

    Args:
        task: takes the job, returns what it found.
        packages: imported before anything is forbidden; importing may start programs.
    """
    answers = os.dup(1)  # whatever libraries print goes nowhere
    os.dup2(2, 1)
    job = json.loads(sys.argv[1])

    def work(job: dict[str, Any]) -> dict[str, Any]:
        for package in packages:
            importlib.import_module(package)
        restrict(Path(job["folder"]))
        return task(job)

    left = memoryview(json.dumps(answered(work, job)).encode())
    while left:
        left = left[os.write(answers, left) :]
    os._exit(0)  # skips the teardown: nothing is left to save


def answered(
    task: Callable[[dict[str, Any]], dict[str, Any]], job: dict[str, Any]
) -> dict[str, Any]:
    """Do a job and return `found`, or the `error` that came of it; nothing is raised."""
    try:
        return {"found": task(job)}
    except VivantError as error:
        return _error(error, str(error))
    except MemoryError as error:
        return _error(error, _too_large(job["path"]))
    except ModuleNotFoundError as error:
        missing = errors.MissingExtra(
            f"{error.name} is not installed: pip install 'vivant[learned]'."
        )
        return _error(missing, str(missing))
    except Exception as error:  # noqa: BLE001 - readers of strange files fail in every way there is
        if "allocate memory" in str(error):
            return _error(error, _too_large(job["path"]))
        told = f"{job['path']}: cannot be read ({_short(error)}): it is damaged. Get it again."
        return _error(error, told)


def _error(error: Exception, message: str) -> dict[str, Any]:
    return {"error": {"type": type(error).__name__, "message": message}}


def _too_large(path: str) -> str:
    return f"{path}: reading it would take more memory than the {MEMORY >> 30} GB that it may."


def _short(error: BaseException) -> str:
    """Return the first sentence of what a library says, at most 160 letters."""
    told = re.sub(r"\s+", " ", str(error)).strip() or "no reason given"
    return f"{type(error).__name__}: {told.split('. ')[0][:160]}"


def restrict(folder: Path) -> None:
    """Give up what reading a file does not need; there is no way back."""
    confined.restrict(
        memory=MEMORY,
        refuse=lambda what: WeightsError(
            f"reading the file would have done more than read ({what})."
        ),
        folder=folder,
        largest=sniff.LARGEST,
        processor=int(PATIENCE),
    )
