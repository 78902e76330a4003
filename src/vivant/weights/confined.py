"""Reads what others made in a process of its own, which has little to lose.

The child gets a job (JSON) and a private folder, the only place where it may write. It may not
start programs or use the network, its memory and time are bounded, and it answers with JSON: what
it found, or an error. Nothing it read ever comes back as objects.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

from vivant import errors
from vivant.errors import VivantError, WeightsError
from vivant.weights import sniff

MEMORY: Final = 12 << 30
"""Bytes of address space: libraries, the mapped file, and the tensors converted."""
PATIENCE: Final = 600.0
"""Seconds that a job may take."""
_ANSWER: Final = 1 << 20
"""Bytes of the longest answer."""
_FORBIDDEN: Final = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn",
    "os.startfile", "pty.", "ftplib.", "urllib.", "http.", "smtplib.", "webbrowser.",
)  # fmt: skip
"""What audit events of forbidden acts begin with."""
_REPORTED: Final = {
    cls.__name__: cls
    for cls in (errors.AskedWrongly, errors.SettingsError, errors.PathRefused, errors.MissingExtra)
}
"""Errors that a child may report besides `WeightsError`."""
_FOLDERS: Final = ("TMPDIR", "TEMP", "TMP", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Variables of what libraries write by themselves."""
_CHANGES: Final = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink",
                   "os.truncate", "os.chmod", "os.chown", "shutil.")  # fmt: skip


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
    own = dict.fromkeys(_FOLDERS, str(folder))
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    if os.name == "posix":
        import resource

        limits = {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_AS: MEMORY,
            resource.RLIMIT_FSIZE: sniff.LARGEST,
            resource.RLIMIT_CPU: int(PATIENCE),
        }
        for limit, value in limits.items():
            hard = resource.getrlimit(limit)[1]
            if hard == resource.RLIM_INFINITY or hard > value:
                try:
                    resource.setrlimit(limit, (value, value))
                except (ValueError, OSError):  # macOS knows RLIMIT_AS but refuses it
                    continue
    allowed = os.path.realpath(folder)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        forbidden = event.startswith(_FORBIDDEN)
        if event == "open" or event.startswith(_CHANGES):
            writes = event != "open" or _writes(arguments[1], arguments[2])
            forbidden = writes and not _inside(arguments[0], allowed)
        if forbidden:
            what = f"{event}: {str(arguments[:1])[:120]}"
            raise WeightsError(f"reading the file would have done more than read ({what}).")

    sys.addaudithook(watch)


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    return isinstance(flags, int) and bool(flags & changing)


def _inside(path: object, folder: str) -> bool:
    if isinstance(path, int):  # a descriptor that is open already
        return True
    try:
        real = os.path.realpath(os.fspath(path))  # type: ignore[call-overload]
        return os.path.commonpath([real, folder]) == folder
    except (TypeError, ValueError):
        return False
