from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

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
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
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
