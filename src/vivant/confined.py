"""Processes that read what strangers made, and have little to lose.

A child may not start programs, use the network or write outside its one folder; its memory is
bounded. It answers with JSON: nothing it read ever comes back as objects.

Audit hooks stop Python code and the libraries that act through it. Native code that a file has
taken over is held by the limits of the system alone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

_FORBIDDEN: Final = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn",
    "os.startfile", "pty.", "ftplib.", "urllib.", "http.", "smtplib.", "webbrowser.", "_winapi.Cr",
    "sqlite3.", "dbm.", "os.kill", "resource.prlimit", "os.link", "os.symlink", "os.chown",
    "os.setxattr", "os.removexattr", "os.chflags", "winreg.", "syslog.",
    "ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function", "ctypes.PyObj",
)  # fmt: skip
"""What audit events of forbidden acts begin with."""
_CHANGES: Final = {
    "os.remove": (1, 1), "os.rename": (2, 2), "os.rmdir": (1, 1), "os.mkdir": (1, 2),
    "os.chmod": (1, 2), "os.utime": (1, 3), "os.truncate": (1, 2),
}  # fmt: skip
"""Audit events of what is allowed in the folder: how many paths begin their arguments, and where
descriptors of folders (`dir_fd`) follow, which are refused."""
_UNSEEN: Final = (
    "mkfifo", "mknod", "pidfd_open", "chroot", "unshare", "setns", "lchmod", "fork_exec",
    "_fork_exec",
)  # fmt: skip
"""Functions that raise no audit event; they are taken away."""
_KEPT: Final = (
    "PATH", "HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA",
    "PROGRAMDATA", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP", "TMPDIR",
    "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
)  # fmt: skip
_KEPT_KINDS: Final = ("LC_", "XDG_", "PYTHON", "VIVANT_", "OMP_", "MKL_", "OPENBLAS_", "PROCESSOR_")
"""Variables that a child gets, and what the names of others begin with; the rest may be secret."""
_ANSWER: Final = 64 << 20
"""Bytes of the longest answer."""
_IDLE: Final = 30.0
"""Seconds without a job after which a worker ends itself."""


class Ended(Exception):
    """A child ended without an answer; the text says how, such as `crashed (signal 11)`."""


class Worker:
    """A child that answers any number of jobs, one at a time; it is started by the first.

    One that crashed, hung or had nothing to do for long is replaced at the next job. It may be
    shared by threads; forgetting it ends the child.
    """

    def __init__(self, module: str) -> None:
        """Name the module of the child; it ends in `serve(...)`."""
        self._module = module
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, job: dict[str, Any], *, patience: float) -> Any:
        """Have a job of plain values done.

        Args:
            job: what the child's task takes.
            patience: seconds until the child is ended.

        Raises:
            Ended: the child crashed or was ended.
        """
        with self._lock:
            try:
                try:
                    return self._asked(job, patience)
                except _Idle:  # it went as the job came
                    return self._asked(job, patience)
            except BaseException:  # Ctrl-C too: an answer that nobody waited for would come next
                self._end()
                raise

    def _asked(self, job: dict[str, Any], patience: float) -> Any:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(patience, stop)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline(_ANSWER)
        except OSError:
            answer = b""
        finally:
            timer.cancel()
        if answer.endswith(b"\n"):
            try:
                return json.loads(answer)
            except (ValueError, RecursionError) as error:
                raise Ended("gave an answer that is none") from error
        try:
            code = process.wait(timeout=2)
        except subprocess.TimeoutExpired as error:
            raise Ended(f"gave an answer of more than {_ANSWER >> 20} MB") from error
        if late.is_set():
            raise Ended(f"took more than {patience:g} seconds")
        if code == 0:
            raise _Idle
        raise Ended(f"crashed ({f'signal {-code}' if code < 0 else f'code {code}'})")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-B", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._guard = weakref.finalize(self, _end, self._process)
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._guard()
            self._process = None


class _Idle(Ended):
    """The child ended itself for want of work."""


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was not written to a dead child cannot be flushed either
                continue


def serve(task: Callable[[dict[str, Any]], Any]) -> NoReturn:
    """Answer the jobs that come on standard input as the child; never returns.

    Args:
        task: takes a job, returns plain values. It must not raise: that ends the child.
    """
    answers = os.dup(1)  # whatever libraries print goes nowhere
    os.dup2(2, 1)
    while True:
        timer = threading.Timer(_IDLE, os._exit, (0,))
        timer.daemon = True
        timer.start()
        job = sys.stdin.buffer.readline()
        timer.cancel()
        if not job:  # the parent is gone
            os._exit(0)
        left = memoryview(json.dumps(task(json.loads(job))).encode() + b"\n")
        while left:
            left = left[os.write(answers, left) :]


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a child that finds our modules where we did, and nothing secret."""
    path = os.pathsep.join(filter(None, sys.path))
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _KEPT or name.upper().startswith(_KEPT_KINDS)
    }
    return {**kept, **variables, "PYTHONPATH": path}


def restrict(
    *,
    memory: int,
    refuse: Callable[[str], Exception],
    folder: Path | None = None,
    largest: int = 0,
    processor: int | None = None,
) -> None:
    """Give up what reading a file does not need; there is no way back.

    Args:
        memory: bytes of address space, libraries included; only where the system knows such limits.
        refuse: makes the error of whatever tries more than to read.
        folder: the one place where files may be written.
        largest: bytes of a file that is written.
        processor: seconds of processor time in all.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    sys.dont_write_bytecode = True
    import ctypes  # noqa: F401 - importing it later would open the program as a library

    if os.name == "posix":
        _limit(memory, largest, processor)
    for module in (os, subprocess, *map(sys.modules.get, ("posix", "_posixsubprocess"))):
        for name in _UNSEEN:
            if hasattr(module, name):
                delattr(module, name)
    allowed = None if folder is None else os.path.realpath(folder)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            forbidden = _writes(*arguments[1:3]) and not _may_write(arguments, allowed)
        elif event in _CHANGES:
            forbidden = not _may_change(event, arguments, allowed)
        else:
            forbidden = event.startswith(_FORBIDDEN)
        if forbidden:
            raise refuse(f"{event}: {str(arguments[:2])[:120]}")

    sys.addaudithook(watch)


def _limit(memory: int, largest: int, processor: int | None) -> None:
    """Set limits that nothing in this process can lift, native code included."""
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, largest),
        (resource.RLIMIT_NOFILE, files),
    ]
    if processor is not None:
        limits.append((resource.RLIMIT_CPU, processor))
    for limit, value in limits:
        hard = resource.getrlimit(limit)[1]
        if hard == resource.RLIM_INFINITY or hard > value:
            try:
                resource.setrlimit(limit, (value, value))
            except (ValueError, OSError):  # macOS knows RLIMIT_AS but refuses it
                continue


def _may_write(arguments: tuple[Any, ...], folder: str | None) -> bool:
    """Tell whether an `open` for writing is allowed.

    The event of `os.open` (which has no mode) does not tell of `dir_fd`, so its path has to be
    a full one.
    """
    path, mode = arguments[0], arguments[1]
    if isinstance(path, int):  # a descriptor that is open already, in a mode that was allowed
        return True
    return (mode is not None or _full(path)) and _inside(path, folder)


def _may_change(event: str, arguments: tuple[Any, ...], folder: str | None) -> bool:
    paths, descriptors = _CHANGES[event]
    if event == "os.truncate" and isinstance(arguments[0], int):  # it must be open for writing
        return True
    if event == "os.mkdir" and os.path.realpath(arguments[0]) == folder:
        return True  # it is there, and making it again fails by itself
    described = any(one not in (None, -1) for one in arguments[descriptors:])
    return not described and all(_inside(path, folder) for path in arguments[:paths])


def _full(path: object) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and Path(os.fsdecode(path)).is_absolute()


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    return isinstance(flags, int) and bool(flags & changing)


def _inside(path: object, folder: str | None) -> bool:
    """Tell whether both the name and what it leads to lie in the folder."""
    if folder is None or not isinstance(path, str | bytes | os.PathLike):
        return False
    try:
        plain = Path(os.fsdecode(path))
        places = os.path.realpath(plain), os.path.realpath(plain.parent)
        return all(os.path.commonpath([place, folder]) == folder for place in places)
    except (OSError, ValueError):
        return False
