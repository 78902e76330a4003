from __future__ import annotations

import shutil
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import vivant
from vivant import samples
from vivant.animation.settings import Progress
from vivant.errors import (
    Cancelled,
    ConsentMissing,
    NoFaceFound,
    PathRefused,
    SettingsError,
    UnsupportedFormat,
)
from vivant.faces.suitability import suitability
from vivant.faces.track import FaceTracker
from vivant.marks import LabelSettings
from vivant.media import VideoReader


def make(short: Path, output: Path, **options):  # type: ignore[no-untyped-def]
    options.setdefault("consent", "historical")
    return vivant.animate_file(samples.portrait(), short, output, **options)


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_made_labelled_and_signed(short, tmp_path) -> None:
    report = make(short, tmp_path / "out.mp4")
    assert left_behind(tmp_path) == ["out.mp4"]
    assert report.frames == 12
    assert report.seconds == pytest.approx(12 * 1001 / 24000, abs=0.002)
    assert report.fps_in == pytest.approx(23.976)
    assert (report.faces_missed, report.engine, report.audio) == (0, "mesh", None)
    found = vivant.verify(tmp_path / "out.mp4")
    assert found.synthetic is True
    assert found.intact is True
    assert found.trusted is False


def test_the_label_is_burned_in(short, tmp_path) -> None:
    (first, (x, y, width, height)), *_ = make(short, tmp_path / "on.mp4").labels
    off = LabelSettings(text="off", off_reason="a test of the label")
    assert make(short, tmp_path / "off.mp4", label=off).labels == ()
    with VideoReader(tmp_path / "on.mp4") as on, VideoReader(tmp_path / "off.mp4") as plain:
        a, b = next(iter(on)).image.astype(int), next(iter(plain)).image.astype(int)
    changed = np.abs(a - b)
    assert first == 0
    assert changed[y : y + height, x : x + width].max() > 100
    changed[y : y + height, x : x + width] = 0
    assert changed.mean() < 4  # each file has an invisible mark of its own
    assert "a test of the label" in str(vivant.verify(tmp_path / "off.mp4").to_json())


def test_sound_goes_along_untouched(tmp_path) -> None:
    report = make(samples.driving(), tmp_path / "out.mp4", end=Fraction(1))
    assert report.audio == "copied"
    with av.open(str(tmp_path / "out.mp4")) as made:
        video, audio = made.streams.video[0], made.streams.audio[0]
        seconds = [float(stream.duration * stream.time_base) for stream in (video, audio)]
        assert video.average_rate == Fraction(24000, 1001)
    assert seconds[0] == pytest.approx(seconds[1], abs=0.06)


@pytest.mark.parametrize("name", ["out.webm", "out.gif"])
def test_other_containers_are_marked_too(short, tmp_path, name: str) -> None:
    make(short, tmp_path / name, size=160)
    found = vivant.verify(tmp_path / name)
    assert found.synthetic is True
    assert found.intact is True


def test_numbered_pictures_are_marked_too(short, tmp_path) -> None:
    make(short, tmp_path / "pictures", size=160)
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 12
    assert vivant.verify(tmp_path / "pictures").synthetic is True


def test_an_existing_output_is_replaced_only_after_success(short, tmp_path, empty) -> None:
    output = tmp_path / "out.mp4"
    output.write_bytes(b"precious")
    with pytest.raises(NoFaceFound):
        vivant.animate_file(empty, short, output, consent="fictional")
    assert output.read_bytes() == b"precious"
    make(short, output)
    assert vivant.verify(output).intact is True
    assert left_behind(tmp_path) == ["out.mp4"]


def test_a_failure_half_way_leaves_nothing(hopper, drive, tmp_path) -> None:
    def broken():
        yield from drive[:30]
        raise RuntimeError("the disk of the driver fell over")

    with pytest.raises(RuntimeError, match="fell over"):
        vivant.animate_file(hopper, broken(), tmp_path / "out.mp4", consent="own")
    assert left_behind(tmp_path) == []


def test_interrupting_leaves_nothing(hopper, drive, tmp_path) -> None:
    def interrupted(progress: Progress) -> None:
        if progress.frames == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vivant.animate_file(
            hopper, drive, tmp_path / "out.mp4", consent="own", on_progress=interrupted
        )
    assert left_behind(tmp_path) == []


def test_cancelling_leaves_nothing(hopper, drive, tmp_path) -> None:
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        vivant.animate_file(
            hopper, drive, tmp_path / "out.mp4",
            consent="own", cancel=cancel, on_progress=lambda progress: cancel.set(),
        )  # fmt: skip
    assert left_behind(tmp_path) == []


def test_progress_counts_up_to_the_total(short, tmp_path) -> None:
    seen: list[Progress] = []
    make(short, tmp_path / "out.mp4", on_progress=seen.append)
    assert [progress.frames for progress in seen] == list(range(1, 13))
    assert {progress.total for progress in seen} == {12}


def test_consent_is_needed_and_told(short, tmp_path, monkeypatch) -> None:
    with pytest.raises(ConsentMissing):
        make(short, tmp_path / "out.mp4", consent=None)
    with pytest.raises(SettingsError):
        make(short, tmp_path / "out.mp4", consent="because")
    monkeypatch.setenv("VIVANT_CONSENT", "fictional")
    make(short, tmp_path / "out.mp4", consent=None)
    assert "fictional" in str(vivant.verify(tmp_path / "out.mp4").to_json())


def test_neither_name_nor_picture_of_the_driver_is_told(short, tmp_path) -> None:
    driver = tmp_path / "jane-doe-at-home.mp4"
    shutil.copy(short, driver)
    make(driver, tmp_path / "out.mp4")
    assert b"jane-doe" not in (tmp_path / "out.mp4").read_bytes()


@pytest.mark.parametrize("same", ["portrait", "driver", "link"])
def test_an_output_that_is_an_input_is_refused(short, tmp_path, same: str) -> None:
    portrait, driver = tmp_path / "p.jpg", tmp_path / "d.mp4"
    shutil.copy(samples.portrait(), portrait)
    shutil.copy(short, driver)
    output = {"portrait": portrait, "driver": driver, "link": tmp_path / "l.mp4"}[same]
    if same == "link":
        output.symlink_to(driver)
    before = driver.read_bytes()
    with pytest.raises(PathRefused, match="also an input"):
        vivant.animate_file(portrait, driver, output, consent="own")
    assert driver.read_bytes() == before


def test_outputs_that_cannot_be_written_are_refused(short, tmp_path) -> None:
    with pytest.raises(PathRefused):
        make(short, tmp_path / "nowhere" / "out.mp4")
    with pytest.raises(UnsupportedFormat):
        make(short, tmp_path / "out.exe")


def test_a_preview_is_short_and_small(tmp_path) -> None:
    report = make(samples.driving(), tmp_path / "out.mp4", preview=True)
    assert report.seconds == pytest.approx(3, abs=0.1)
    with VideoReader(tmp_path / "out.mp4") as made:
        assert max(made.info.width, made.info.height) == 384


def test_a_poor_portrait_is_warned_of_once(hopper, drive, tmp_path) -> None:
    small = np.ascontiguousarray(hopper[::3, ::3])
    report = vivant.animate_file(small, drive[:3], tmp_path / "out.mp4", consent="historical")
    (warning,) = report.warnings
    assert "pixels wide" in warning
    assert make_good(hopper, drive, tmp_path).warnings == ()


def test_the_warning_tells_at_most_the_three_gravest_findings(hopper, drive, tmp_path) -> None:
    poor = np.ascontiguousarray(hopper[130:340:3, 165:360:3] // 8)
    report = vivant.animate_file(poor, drive[:3], tmp_path / "out.mp4", consent="historical")
    (warning,) = report.warnings
    judged = suitability(poor, FaceTracker().detect(poor)[0], FaceTracker())
    assert len(judged.advice) > 3
    assert warning.endswith(" ".join(judged.advice[:3]))


def make_good(hopper, drive, tmp_path):  # type: ignore[no-untyped-def]
    return vivant.animate_file(hopper, drive[:3], tmp_path / "good.mp4", consent="historical")


def test_inspect_tells_faces_and_how_they_would_do(short) -> None:
    picture = vivant.inspect(samples.portrait())
    assert (picture.kind, picture.width, picture.height) == ("picture", 512, 600)
    (face,) = picture.to_json()["faces"]
    assert face["suitability"] >= 9
    assert face["findings"] == []
    video = vivant.inspect(short).to_json()
    assert video["kind"] == "video"
    assert video["fps"] == pytest.approx(23.976)
    assert len(video["faces"]) == 1
