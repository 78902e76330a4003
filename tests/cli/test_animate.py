from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from vivant import samples
from vivant.cli.animate import result_line
from vivant.marks import journal, verify
from vivant.media import VideoReader

KEYS = {
    "output", "frames", "seconds", "fps_in", "seconds_to_first_frame", "frames_per_second",
    "faces_missed", "engine", "peak_rss_mb", "audio",
}  # fmt: skip
SHORT = ("--to", "0.2", "--frame", "crop", "--size", "128")
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and terminals")


@pytest.fixture
def two() -> tuple[str, str]:
    return str(samples.portrait()), str(samples.driving())


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "vivant", *map(str, words)]


def test_a_portrait_and_a_video_give_a_marked_video_and_one_line(run, tmp_path, two):
    out = tmp_path / "anna-talks.mp4"
    ran = run("animate", *two, "-o", out, "--consent", "historical", *SHORT)
    assert ran.code == 0
    assert re.fullmatch(
        re.escape(str(out)) + r"  5 frames  23\.98 fps  \d+\.\d frames/s  0 faces missed\n", ran.out
    )
    with VideoReader(out) as reader:
        frames = list(reader)
    assert len(frames) == 5
    assert max(frames[0].image.shape) == 128
    found = verify(out)
    assert found.synthetic
    assert found.intact
    assert list(tmp_path.iterdir()) == [out]


def test_json_is_the_only_thing_on_stdout(tmp_path, two):
    out = tmp_path / "out.mp4"
    words = command("animate", *two, "-o", out, "--consent", "own", "--json", *SHORT)
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert set(report) >= KEYS
    assert report["output"] == str(out)
    assert report["frames"] == 5
    assert report["engine"] == "mesh"
    assert report["fps_in"] == pytest.approx(24000 / 1001, abs=1e-3)
    assert done.stderr == ""


def test_the_demo_needs_nothing_and_asks_nobody(run, tmp_path, monkeypatch):
    monkeypatch.setenv("VIVANT_CONSENT", "own")  # said of one's own portraits
    monkeypatch.chdir(tmp_path)
    ran = run("animate", "--demo", *SHORT)
    assert ran.code == 0
    assert ran.out.startswith("vivant-demo.mp4  5 frames")
    assert (tmp_path / "vivant-demo.mp4").stat().st_size > 0
    facts = journal.read().entries[-1].facts
    assert facts is not None
    assert (facts["consent"]["kind"], facts["consent"]["given"]) == ("historical", "sample")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no Unicode")
def test_a_result_may_have_a_name_that_is_no_unicode(run, tmp_path):
    output = tmp_path / os.fsdecode(b"o\xff.mp4")
    assert run("animate", "--demo", "-o", output, *SHORT).code == 0
    assert output.stat().st_size > 0
    assert run("journal", "find", output).code == 0
    assert run("journal", "verify").code == 0


def test_without_consent_and_terminal_it_is_refused_with_that_advice(run, tmp_path, two):
    ran = run("animate", *two, "-o", tmp_path / "out.mp4")
    assert ran.code == 2
    for word in ("--consent", "VIVANT_CONSENT", "historical", "permission"):
        assert word in ran.err
    assert not list(tmp_path.iterdir())


def test_the_variable_answers_for_scripts(run, tmp_path, two, monkeypatch):
    monkeypatch.setenv("VIVANT_CONSENT", "historical")
    assert run("animate", *two, "-o", tmp_path / "out.mp4", *SHORT).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "two files are wanted"),
        (["a.png"], "two files are wanted"),
        (["a.png", "b.mp4"], "-o result.mp4"),
    ],
)
def test_what_is_missing_is_said(run, words, said):
    ran = run("animate", *words)
    assert ran.code == 2
    assert said in ran.err


def test_an_output_that_is_an_input_is_refused(run, tmp_path, two):
    portrait, _ = two
    copy = tmp_path / "talk.mp4"
    copy.write_bytes(samples.driving().read_bytes())
    ran = run("animate", portrait, copy, "-o", copy, "--consent", "own")
    assert ran.code == 2
    assert "also an input" in ran.err
    assert copy.read_bytes() == samples.driving().read_bytes()


def test_a_failure_leaves_the_older_result_alone(run, tmp_path, two):
    out, broken = tmp_path / "out.mp4", tmp_path / "broken.mp4"
    out.write_bytes(b"older")
    broken.write_bytes(samples.driving().read_bytes()[:1000])
    ran = run("animate", two[0], broken, "-o", out, "--consent", "own")
    assert ran.code == 1
    assert "broken.mp4" in ran.err
    assert out.read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.mp4", "out.mp4"]


def test_the_result_line_tells_an_unknown_rate():
    from vivant import Report

    report = Report("x.gif", 3, 0.1, None, 0.2, 30.0, 1, "mesh", None, None)
    assert result_line(report) == "x.gif  3 frames  rate unknown  30.0 frames/s  1 faces missed"


def test_a_poor_portrait_is_warned_of_on_stderr(run, tmp_path, two):
    import cv2

    small = tmp_path / "small.png"
    sharp = cv2.imread(two[0])
    cv2.imwrite(str(small), cv2.resize(cv2.GaussianBlur(sharp, None, 8), None, fx=0.3, fy=0.3))
    out = tmp_path / "out.mp4"
    ran = run("animate", small, two[1], "-o", out, "--consent", "own", "--to", "0.1", "--json")
    assert ran.code == 0
    assert ran.data["warnings"]
    assert ran.err.startswith("vivant: warning: ")


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_and_exits_with_130(tmp_path, two, number):
    out = tmp_path / "out.mp4"
    words = command("animate", *two, "-o", out, "--consent", "own", "--size", "2000")
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert wait_for(lambda: list(tmp_path.iterdir()))  # it writes beside the output
        os.killpg(process.pid, number)  # as a terminal does: to its children too
        out_text, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out_text == b""
    assert complaint == b"vivant: interrupted; nothing was written.\n"
    assert wait_for(lambda: not list(tmp_path.iterdir()), seconds=5)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_at_the_question_ends_it_and_remembers_nothing(tmp_path, two, number):
    import pty

    home = tmp_path / "home"
    environment = {**os.environ, "VIVANT_HOME": str(home), "VIVANT_CONSENT": "", "TERM": "xterm"}
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        command("animate", *two, "-o", tmp_path / "out.mp4", *SHORT),
        stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, env=environment,
    ) as process:  # fmt: skip
        os.close(terminal)
        shown = b""
        while b"or Enter to stop" not in shown:
            shown += os.read(controller, 4096)
        process.send_signal(number)
        try:
            assert process.wait(60) == 130
        finally:
            process.kill()
    os.close(controller)
    assert not (home / "consent").exists()
    assert not (tmp_path / "out.mp4").exists()


@POSIX
def test_on_a_terminal_it_asks_once_and_shows_progress(tmp_path, two):
    import pty

    def answered(*answers: str) -> tuple[int, str]:
        out = tmp_path / "out.mp4"
        words = command("animate", portrait, two[1], "-o", out, *SHORT)
        controller, terminal = pty.openpty()
        shown = bytearray()

        def listen() -> None:
            while True:
                try:
                    piece = os.read(controller, 4096)
                except OSError:  # the terminal was closed
                    return
                if not piece:
                    return
                shown.extend(piece)

        with subprocess.Popen(
            words, stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, env=environment
        ) as process:
            os.close(terminal)
            listener = threading.Thread(target=listen)
            listener.start()
            for answer in answers:
                os.write(controller, f"{answer}\n".encode())
            printed = process.stdout.read().decode()
            code = process.wait(60)
        listener.join(10)
        os.close(controller)
        assert not printed or printed.startswith(str(out))
        return code, shown.decode()

    portrait = tmp_path / "hopper.jpg"
    portrait.write_bytes(samples.portrait().read_bytes())
    environment = {**os.environ, "VIVANT_HOME": str(tmp_path / "home"), "TERM": "xterm"}

    code, shown = answered("")
    assert code == 2
    assert "Whose face is in hopper.jpg" in shown
    assert "a figure from history" in shown
    assert "--consent" in shown

    code, shown = answered("7", "permission")
    assert code == 0
    assert "out.mp4" in shown  # the bar

    code, shown = answered()
    assert code == 0
    assert "Whose face" not in shown


def test_another_face_takes_another_driver(run, tmp_path, two):
    from vivant.media import read_image, write_image

    picture, video = two
    image = read_image(picture)
    write_image(tmp_path / "couple.png", np.hstack([image, image[:, ::-1]]))
    out = tmp_path / "couple.mp4"
    words = ("--face", "0", "--with", "1=smile", "--to", "0.2", "--size", "256")
    ran = run(
        "animate", tmp_path / "couple.png", video, *words, "-o", out, "--consent", "fictional"
    )
    assert ran.code == 0
    assert verify(out).claims["other_drivers"]


@pytest.mark.parametrize("word", ["1", "=b.mp4", "1=", "one=b.mp4"])
def test_a_face_without_a_driver_is_told(run, tmp_path, two, word):
    ran = run(
        "animate", *two, "--with", word, "-o", tmp_path / "out.mp4", "--consent", "own", *SHORT
    )
    assert ran.code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_video_as_portrait_gets_another_expression(run, tmp_path, two):
    out = tmp_path / "smiles.mp4"
    ran = run(
        "animate", two[1], "smile", "--to", "0.2", "--sound", "portrait", "-o", out,
        "--consent", "own", "--json",
    )  # fmt: skip
    assert ran.code == 0
    report = json.loads(ran.out)
    assert report["audio"] == "copied"
    assert verify(out).intact
