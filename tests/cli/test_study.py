from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from vivant import samples
from vivant.media import VideoReader, VideoWriter
from vivant.types import Frame


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with seven frames of the sample driver."""
    folder = tmp_path_factory.mktemp("clips")
    with (
        VideoReader(samples.driving(), end=Fraction(1)) as reader,
        VideoWriter(folder / "speaker.mp4", width=192, height=192, rate=Fraction(24)) as writer,
    ):
        for frame in [*reader][:21:3]:
            image = cv2.resize(frame.image[:, 240:600], (192, 192), interpolation=cv2.INTER_AREA)
            writer.write(Frame(image, frame.index // 3, Fraction(frame.index // 3, 24)))
    return folder


def test_a_study_prints_its_summary_and_writes_its_results(run, clips, tmp_path):
    out = tmp_path / "out"
    ran = run("study", "self", "--clips", clips, "--out", out, "--last", 6, "--no-faces")
    assert ran.code == 0
    assert ran.out == (out / "summary.md").read_text(encoding="utf-8")
    assert "1/1  speaker" in ran.err
    assert "warning" not in ran.err  # nobody asked for what --no-faces leaves out
    table = run("study", "compare", out, out / "results.json")
    assert table.code == 0
    assert table.out.startswith("| method |")
    assert set(run("study", "compare", out, "--json").data) == {"out"}


def test_json_repeats_the_results_and_settings_of_the_engine_reach_it(run, clips, tmp_path):
    words = ("study", "self", "--clips", clips, "--last", 6, "--no-faces", "--json")
    moved = run(*words, "--out", tmp_path / "a", "--absolute").data
    still = run(*words, "--out", tmp_path / "b", "--mesh.strength", 0).data
    assert moved["engine_settings"] == {}
    assert moved["settings"]["relative"] is False
    assert still["engine_settings"] == {"strength": 0.0}
    assert still["summary"]["l1"] == pytest.approx(still["summary"]["untouched"]["l1"], rel=0.05)
    assert moved["summary"]["l1"] < still["summary"]["l1"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["self", "--clips", "{empty}", "--out", "{out}"], "no clips in it"),
        (["self", "--clips", "{empty}/none", "--out", "{out}"], "no such folder"),
        (["self", "--clips", "{clips}", "--out", "{clips}"], "inputs"),
        (["self", "--clips", "{clips}", "--out", "{clips}/speaker.mp4"], "a file"),
        (["self", "--clips", "{clips}"], "--out is missing"),
        (["self", "--clips", "{clips}", "--out", "{out}", "--engine", "mehs"], "did you mean"),
        (["self", "--clips", "{clips}", "--out", "{out}", "--step", "0"], "step"),
        (["compare"], "name the folders"),
        (["compare", "{empty}"], "cannot read"),
        (["compare", "{clips}/speaker.mp4"], "not the results"),
    ],
)
def test_what_is_asked_wrongly_is_told_with_code_2(run, clips, tmp_path, words, told):
    (tmp_path / "empty").mkdir()
    places = {"clips": clips, "empty": tmp_path / "empty", "out": tmp_path / "out"}
    ran = run("study", *(word.format(**places) for word in words))
    assert ran.code == 2
    assert told in ran.err
    assert not ran.out
    assert not (tmp_path / "out").exists()


def test_cross_takes_portraits_and_drivers(run, clips, tmp_path):
    words = ("study", "cross", "--portraits", samples.portrait().parent, "--drivers", clips)
    out = tmp_path / "out"
    ran = run(*words, "--out", out, "--frames", 4, "--size", 192, "--sheets", 0, "--json")
    assert ran.code == 0
    assert ran.data["study"] == "cross"
    assert ran.data["summary"]["pairs"] == 1
    assert not (out / "sheets").exists()
    ran = run(*words, "--out", samples.portrait().parent)
    assert ran.code == 2
    assert "inputs" in ran.err
    ran = run("study", "compare", out)
    assert ran.code == 2
    assert "only 'self'" in ran.err
