from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vivant.errors import VivantError
from vivant.studies.self.study import SelfStudy
from vivant.studies.settings import SelfSettings
from vivant.studies.study import Job, Method
from vivant.studies.work import program, run

PROGRAM = """
import multiprocessing, sys
from pathlib import Path
from vivant.studies.self.study import SelfStudy
from vivant.studies.settings import SelfSettings
from vivant.studies.study import Method
from vivant.studies.work import run

def told(done, total, name):
    pids = [str(child.pid) for child in multiprocessing.active_children()]
    Path(sys.argv[3]).write_text(" ".join(pids), encoding="ascii")

if __name__ == "__main__":
    settings = SelfSettings(last=10, faces=False)
    study = SelfStudy.of(Path(sys.argv[1]), (Method("mesh"),), settings)
    run(study, Path(sys.argv[2]), workers=2, on_progress=told)
"""


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def waited(true, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="wants Linux's /proc")
def test_a_killed_study_leaves_no_process_and_goes_on_where_it_stopped(clips, tmp_path):
    script, note = tmp_path / "study.py", tmp_path / "pids"
    script.write_text(PROGRAM, encoding="utf-8")
    folder = tmp_path / "clips"
    folder.mkdir()
    for turn in range(6):
        (folder / f"{turn}.mp4").write_bytes((clips / "speaker.mp4").read_bytes())
    out = tmp_path / "out"
    words = [sys.executable, str(script), str(folder), str(out), str(note)]
    with subprocess.Popen(
        words, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as one:
        assert waited(lambda: note.exists() and note.read_text(encoding="ascii"), 120)
        one.send_signal(signal.SIGKILL)
    workers = [int(pid) for pid in note.read_text(encoding="ascii").split()]
    assert len(workers) == 2
    assert waited(lambda: not any(alive(pid) for pid in workers), 60)
    steps = []
    study = SelfStudy.of(folder, (Method("mesh"),), SelfSettings(last=10, faces=False))
    results = run(study, out, workers=1, on_progress=lambda *step: steps.append(step))
    assert len(steps) < 6
    assert [row["clip"] for row in results.plain["rows"] if row["engine"] == "mesh"] == sorted(
        str(turn) for turn in range(6)
    )


def test_two_pieces_of_work_of_one_name_are_refused(clips, tmp_path):
    class Twice(SelfStudy):
        def jobs(self) -> list[Job]:
            return 2 * super().jobs()

    study = Twice.of(clips, (Method("mesh"),), SelfSettings(last=10, faces=False))
    with pytest.raises(VivantError, match="same name"):
        run(study, tmp_path / "out", workers=1)


def test_the_program_is_told_by_its_code_and_models():
    assert program() == program()
    assert len(program()) == 64
