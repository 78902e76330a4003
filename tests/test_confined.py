from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vivant import confined
from vivant.confined import Ended, Worker

CHILD = """
import os, signal, socket, subprocess, time
from vivant import confined

def task(job):
    match job["do"]:
        case "double":
            return 2 * job["number"]
        case "pid":
            return os.getpid()
        case "crash":
            signal.raise_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        case "leave":
            os._exit(3)
        case "hang":
            time.sleep(600)
        case "print":
            print("what a library says")
            return "done"
        case "big":
            return "x" * (2 << 20)
        case "grab":
            try:
                return len(bytearray(8 << 30))
            except MemoryError:
                return "no memory"
    try:
        if job["do"] == "connect":
            socket.create_connection(("127.0.0.1", 9))
        elif job["do"] == "start":
            subprocess.run(["true"])
        else:
            open(job["do"], "w")
    except Exception as error:
        return str(error)

confined.restrict(memory=4 << 30, refuse=lambda what: ValueError("refused: " + what))
confined._IDLE = 0.5
confined.serve(task)
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    (tmp_path / "its_child.py").write_text(CHILD)
    monkeypatch.syspath_prepend(str(tmp_path))
    return Worker("its_child")


@pytest.fixture
def ask(worker: Worker) -> Callable[..., object]:
    return lambda do, **job: worker.ask({"do": do, **job}, patience=30)


def test_one_child_answers_many_jobs(ask):
    assert [ask("double", number=n) for n in range(5)] == [0, 2, 4, 6, 8]
    assert ask("pid") == ask("pid") != os.getpid()


def test_what_a_library_prints_is_no_answer(ask):
    assert ask("print") == "done"


def test_a_child_that_crashed_is_told_and_replaced(ask):
    for way in ("crash", "leave"):
        with pytest.raises(Ended, match="crashed"):
            ask(way)
        assert ask("double", number=4) == 8


def test_a_child_that_hangs_is_ended_and_replaced(worker, ask):
    ask("pid")
    with pytest.raises(Ended, match=r"more than 0\.2 seconds"):
        worker.ask({"do": "hang"}, patience=0.2)
    assert ask("double", number=4) == 8


def test_an_answer_without_end_is_refused(worker, ask, monkeypatch):
    monkeypatch.setattr("vivant.confined._ANSWER", 1 << 20)
    with pytest.raises(Ended, match="more than 1 MB"):
        ask("big")
    assert ask("double", number=4) == 8


def test_a_child_with_nothing_to_do_leaves_and_comes_back(worker, ask):
    first = ask("pid")
    assert worker._process is not None
    worker._process.wait(timeout=30)
    assert ask("pid") != first


def test_threads_share_a_child(ask):
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(ask("double", number=n)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [2 * n for n in range(8)]


def test_a_child_may_not_connect_start_or_write(ask, tmp_path):
    assert "refused: socket." in ask("connect")
    assert "refused: subprocess." in ask("start")
    assert "refused: open" in ask(str(tmp_path / "new.txt"))
    assert not (tmp_path / "new.txt").exists()


TRIALS = """
import ctypes, json, os, sqlite3, subprocess, sys
from pathlib import Path
from vivant import confined

out, made = Path(sys.argv[1]), Path(sys.argv[2])
victim, own = out / "victim", made / "own"
victim.write_text("kept")
own.write_text("own")
(out / "leads in").symlink_to(own)
fd = os.open(out, os.O_RDONLY)
opened = os.open(victim, os.O_RDONLY)
confined.restrict(
    memory=4 << 30, refuse=lambda what: ValueError("refused"), folder=made, largest=1 << 20
)
acts = {
    "rename": lambda: os.rename(own, out / "new"),
    "replace": lambda: os.replace(own, victim),
    "replace a link that leads in": lambda: os.replace(own, out / "leads in"),
    "take": lambda: os.rename(victim, made / "taken"),
    "link": lambda: os.link(own, out / "new"),
    "link in": lambda: os.link(victim, made / "new"),
    "symlink": lambda: os.symlink(own, out / "new"),
    "symlink in": lambda: os.symlink(victim, made / "new"),
    "open": lambda: open(victim, "w"),
    "open by folder": lambda: os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=fd),
    "remove by folder": lambda: os.remove("victim", dir_fd=fd),
    "rename by folder": lambda: os.rename(own, "new", dst_dir_fd=fd),
    "mkdir by folder": lambda: os.mkdir("new", dir_fd=fd),
    "mkfifo": lambda: os.mkfifo(out / "new"),
    "mknod": lambda: os.mknod(out / "new"),
    "utime": lambda: os.utime(victim, (1, 1)),
    "utime of what is open": lambda: os.utime(opened, (1, 1)),
    "chmod of what is open": lambda: os.chmod(opened, 0),
    "sqlite": lambda: sqlite3.connect(out / "new"),
    "library": lambda: ctypes.CDLL(None).system(b"true"),
    "symbol": lambda: ctypes.pythonapi.PyRun_SimpleString,
    "kill": lambda: os.kill(os.getppid(), 0),
    "fork_exec": lambda: __import__("_posixsubprocess").fork_exec(),
}
allowed = {
    "write": lambda: (made / "new").write_text("x"),
    "move": lambda: os.replace(made / "new", made / "newer"),
    "remove": lambda: os.remove(made / "newer"),
    "folder": lambda: (made / "folder").mkdir(),
    "its own folder": lambda: made.mkdir(exist_ok=True),
    "read": lambda: victim.read_text(),
}
told = {}
for name, act in (acts | allowed).items():
    try:
        act()
        told[name] = "done"
    except ValueError as error:
        told[name] = str(error)
    except AttributeError as error:
        told[name] = "gone"
print(json.dumps([told, list(acts), list(allowed)]))
"""


def test_the_child_that_decodes_may_not_connect_start_or_write(tmp_path):
    code = (
        "import socket, subprocess, sys\n"
        "from vivant.media import _child\n"
        "_child._restrict()\n"
        "for act in (lambda: subprocess.run(['true']), socket.socket,\n"
        "            lambda: open(sys.argv[1], 'w')):\n"
        "    try: act()\n"
        "    except PermissionError as error: print(str(error).count('more than to read'))"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "new")]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1", "1", "1"]
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has other functions in `os`")
def test_a_child_with_a_folder_changes_nothing_outside_of_it(tmp_path):
    out, made = tmp_path / "out", tmp_path / "made"
    out.mkdir()
    made.mkdir()
    words = [sys.executable, "-c", TRIALS, str(out), str(made)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    told, acts, allowed = json.loads(ran.stdout)
    assert {name for name in acts if told[name] == "done"} == set()
    assert {name for name in acts if told[name] == "gone"} <= {"mkfifo", "mknod", "fork_exec"}
    assert {name for name in allowed if told[name] != "done"} == set()
    assert sorted(path.name for path in out.iterdir()) == ["leads in", "victim"]
    assert (out / "victim").read_text() == "kept"


def test_a_child_gets_no_secrets_and_finds_our_modules(ask, monkeypatch):
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "secret")
    monkeypatch.setenv("VIVANT_THREADS", "1")
    found = confined.environment(MORE="x")
    assert "SOME_SERVICE_TOKEN" not in found
    assert (found["VIVANT_THREADS"], found["MORE"], found["PATH"]) == ("1", "x", os.environ["PATH"])
    assert ask("double", number=2) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the address space")
def test_the_memory_of_a_child_is_bounded(ask):
    assert ask("grab") == "no memory"


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process by its number")
def test_a_child_ends_with_its_parent(tmp_path, worker):
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from vivant.confined import Worker\n"
        "worker = Worker('its_child')\n"
        "print(worker.ask({'do': 'pid'}, patience=30))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(ran.stdout), 0)
