from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from vivant import samples
from vivant.media import VideoReader, VideoWriter
from vivant.types import Frame


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with the sample portrait, and one with nine frames of the sample driver."""
    root = tmp_path_factory.mktemp("people")
    portraits, clips = root / "portraits", root / "clips"
    portraits.mkdir()
    clips.mkdir()
    shutil.copy(samples.portrait(), portraits)
    with (
        VideoReader(samples.driving(), end=Fraction(1)) as reader,
        VideoWriter(clips / "speaker.mp4", width=220, height=180, rate=Fraction(24)) as writer,
    ):
        for index, frame in enumerate([*reader][:9]):
            wide = frame.image[:, 200:640]
            image = cv2.resize(wide, (220, 180), interpolation=cv2.INTER_AREA)
            writer.write(Frame(image, index, Fraction(index, 24)))
    return portraits, clips


def asked(people: tuple[Path, Path], out: Path, **options: object) -> tuple[object, ...]:
    portraits, clips = people
    options = {"--engine": "still", "--frames": 8, "--workers": 1, **options}
    words = [word for option in options.items() for word in option]
    return ("study", "scenarios", "--portraits", portraits, "--clips", clips, "--out", out,
            "--no-faces", *words)  # fmt: skip


def test_scenarios_are_measured_and_told(run, people, tmp_path):
    out = tmp_path / "out"
    ran = run(*asked(people, out, **{"--roles": "reenact"}), "--json")
    assert ran.code == 0
    assert [row["scenario"] for row in ran.data["rows"]] == [
        "attendance", "examination", "presentation",
    ]  # fmt: skip
    assert "no detector" in ran.err
    assert "Table 3 as published" in (out / "report.html").read_text(encoding="utf-8")


def test_a_detector_that_is_named_is_asked_about_drawn_and_true_frames(run, people, tmp_path):
    options = {"--roles": "reenact", "--detector": "small"}
    ran = run(*asked(people, tmp_path / "out", **options), "--json")
    assert ran.code == 0
    told = ran.data["extra"]["detection"]
    assert [(one["detector"], one["engine"]) for one in told] == [("small", "still")] * 3
    assert all(one["drawn"] == one["true"] >= 1 for one in told)
    assert all(0 <= one["auc"] <= 1 for one in told)
    assert "no detector" not in ran.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"--roles": "sing"}, "reenact, swap"),
        ({"--detector": "smal"}, "did you mean 'small'"),
        ({"--frames": 4}, "frames must lie in"),
        ({"--step": 8}, "step must lie in"),
        ({"--size": 10}, "size must lie in"),
        ({"--engine": "mehs"}, "did you mean"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(run, people, tmp_path, options, told):
    out = tmp_path / "out"
    ran = run(*asked(people, out, **options))
    assert ran.code == 2
    assert told in ran.err
    assert not out.exists()
