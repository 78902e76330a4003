from __future__ import annotations

import subprocess
import sys

import pytest

from vivant import cli
from vivant.cli import COMMANDS, main
from vivant.errors import DamagedMedia, PathRefused


def test_help_names_every_command_with_its_line(run):
    shown = run("--help")
    assert shown.code == 0
    for command, line in COMMANDS.items():
        assert command in shown.out
        assert line in " ".join(shown.out.replace("│", " ").split())
    assert not shown.err


def test_no_words_show_the_help(run):
    assert run().out == run("--help").out
    assert run().code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_two_examples(run, command):
    shown = run(command, "--help")
    assert shown.code == 0
    assert COMMANDS[command] in shown.out
    examples = shown.out.partition("Examples:")[2]
    assert examples.count(f"  vivant {command}") >= 2
    assert "None" not in shown.out


def test_the_version_is_one_line(run):
    shown = run("--version")
    assert (shown.code, shown.out) == (0, f"vivant {cli.vivant.__version__}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["animat"], 'Did you mean "animate"?'),
        (["animate", "--sise", "3"], "Did you mean --size?"),
        (["inspect"], "FILE is missing"),
        (["inspect", "a", "b"], "'b' is one word too many"),
        (["--nonsense"], "--nonsense"),
        (["completion", "csh"], "bash"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line_and_exits_with_2(run, words, said):
    ran = run(*words)
    assert ran.code == 2
    assert not ran.out
    assert ran.err.startswith("vivant: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def raising(error, monkeypatch):
    def fail(words):
        raise error

    monkeypatch.setattr(cli, "_run", fail)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (PathRefused("x.mp4: there is no such file."), 2, "x.mp4: there is no such file."),
        (DamagedMedia("x.mp4", "it is truncated."), 1, "x.mp4: it is truncated."),
        (KeyboardInterrupt(), 130, "interrupted; nothing was written."),
        (ZeroDivisionError("by zero"), 1, "a fault of vivant itself: ZeroDivisionError: by zero."),
    ],
)
def test_an_error_is_one_line_and_a_code(run, monkeypatch, error, code, said):
    raising(error, monkeypatch)
    ran = run("engines")
    assert ran.code == code
    assert not ran.out
    assert ran.err.startswith(f"vivant: {said}")
    assert "Traceback" not in ran.err


def test_debugging_shows_where_it_happened(run, monkeypatch):
    raising(PathRefused("gone"), monkeypatch)
    monkeypatch.setenv("VIVANT_DEBUG", "1")
    assert "Traceback" in run("engines").err


def test_python_m_vivant_is_the_same_program():
    done = subprocess.run(
        [sys.executable, "-m", "vivant", "animat"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert 'Did you mean "animate"?' in done.stderr


def test_a_reader_who_leaves_early_is_no_error():
    code = "import sys; from vivant.cli import main; sys.exit(main(['engines', '--json']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        complaint = process.stderr.read()
    assert complaint == b""


def test_a_name_that_the_terminal_cannot_write_is_still_told(tmp_path):
    name = "caf\u00e9-\udcff.png"
    done = (
        subprocess.run(
            [sys.executable, "-m", "vivant", "inspect", name],
            capture_output=True,
            cwd=tmp_path,
            env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(filter(None, sys.path))},
            check=False,
        )
        if sys.platform == "linux"
        else None
    )
    if done is not None:
        assert done.returncode == 2
        assert done.stderr.startswith(b"vivant: caf")


def test_main_takes_the_words_of_the_program(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["vivant", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("vivant ")
