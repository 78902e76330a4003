from __future__ import annotations

import io
import os
import shutil
import subprocess

import pytest

from vivant import engines
from vivant.cli import COMMANDS, doctor
from vivant.cli.ask import ask
from vivant.cli.progress import shown_progress
from vivant.errors import WeightsError
from vivant.marks import CONSENT_KINDS, journal


def test_engines_are_listed_with_what_they_need_and_their_licence(run):
    ran = run("engines")
    assert ran.code == 0
    assert ran.out.split()[:2] == ["mesh", "ready"]
    assert "faster than real time" in ran.out.splitlines()[0]
    data = run("engines", "--json").data
    assert [engine["name"] for engine in data["engines"]] == list(engines.names())
    assert data["engines"][0]["licence"]


def test_one_engine_is_listed_with_its_options(run):
    assert "--mesh.strength" in run("engines", "mesh").out
    (engine,) = run("engines", "mesh", "--json").data["engines"]
    assert engine["options"]["strength"] == 1.0


def test_an_unknown_engine_was_asked_wrongly(run):
    ran = run("engines", "mehs")
    assert ran.code == 2
    assert "did you mean 'mesh'?" in ran.err


def test_the_doctor_tries_everything_finds_this_machine_well_and_leaves_no_entry(
    run, tmp_path, monkeypatch
):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path))
    data = run("doctor", "--json").data
    assert data["ok"], data
    looked = [check["what"] for check in data["checks"]]
    assert {"model files", "your folders", "a short film"} <= set(looked)
    assert os.environ["VIVANT_HOME"] == str(tmp_path)
    assert journal.read() == journal.Journal()


def test_the_doctor_goes_on_past_what_is_wrong_and_exits_with_1(run, monkeypatch):
    def damaged() -> str:
        raise WeightsError("face_landmarker.task: sha256 is another.")

    monkeypatch.setattr(doctor, "_models", damaged)
    monkeypatch.setattr(doctor, "_film", lambda: "not tried")
    ran = run("doctor")
    assert ran.code == 1
    assert "NO  model files      face_landmarker.task: sha256 is another." in ran.out
    assert "ok  learned engines" in ran.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(run, shell):
    ran = run("completion", shell)
    assert ran.code == 0
    for word in (*COMMANDS, "on-missing-face", "label-corner"):
        assert word in ran.out


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_the_completion_for_bash_is_valid_bash(run):
    script = run("completion", "bash").out
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("1\n", "historical"),
        ("4\n", "fictional"),
        ("  Permission \n", "permission"),
        ("9\nhuh\n2\n", "own"),
        ("\n", None),
        ("", None),
        ("7\n8\n9\n1\n", None),
    ],
)
def test_the_question_takes_a_number_or_a_word_and_gives_up(typed, answer, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert ask(tmp_path / "anna.png") == answer


def test_the_question_explains_all_four_answers(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    ask(tmp_path / "anna.png")
    captured = capsys.readouterr()
    assert not captured.out
    for kind, meaning in CONSENT_KINDS.items():
        assert kind in captured.err
        assert meaning in captured.err


def test_progress_has_rate_and_is_silent_where_nobody_looks():
    from vivant import Progress

    for stream, shows in ((Terminal(), True), (io.StringIO(), False)):
        with shown_progress("out.mp4", stream) as show:
            for frames in (1, 50, 100):
                show(Progress(frames, 100, 41.7))
        assert ("out.mp4" in stream.getvalue()) is shows
        assert ("42 frames/s" in stream.getvalue()) is shows
