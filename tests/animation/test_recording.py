from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import vivant
from vivant import samples
from vivant.engines import open_engine
from vivant.errors import Cancelled, DamagedMedia, NoFaceFound, PathRefused, SettingsError
from vivant.media import read_image
from vivant.motion.performance import Performance
from vivant.types import Frame


@pytest.fixture(scope="module")
def recorded(drive) -> Performance:
    return vivant.record(drive, name="two seconds", licence="CC0-1.0")


def pictures(*driver: object, **options: object) -> list[np.ndarray]:
    return [frame.image for frame in vivant.animate(*driver, frame="crop", size=256, **options)]


def test_a_recording_keeps_time_and_size(recorded, drive) -> None:
    assert len(recorded) == len(drive)
    assert recorded.times == tuple(frame.time for frame in drive)
    assert (recorded.height, recorded.width) == drive[0].image.shape[:2]
    assert recorded.missing == 0
    assert recorded.faces[0].scores is not None


def test_a_recording_moves_a_portrait_as_its_video_does(recorded, drive, hopper) -> None:
    short = replace(recorded, times=recorded.times[:20], faces=recorded.faces[:20])
    dark = open_engine("mesh", {"light": 0.0})  # creases are the video's own
    direct, played = (pictures(hopper, driver, engine=dark) for driver in (drive[:20], short))
    outside = np.ones((256, 256), bool)
    outside[130:200, 80:180] = False  # the inside of the mouth is the video's own
    for one, two in zip(direct, played, strict=True):
        assert np.abs(one.astype(int) - two)[outside].max() == 0


def test_a_file_and_the_recording_in_memory_are_the_same(recorded, hopper, tmp_path) -> None:
    path = tmp_path / "two seconds.npz"
    vivant.write_performance(recorded, path)
    read = vivant.read_performance(path)
    assert read.licence == "CC0-1.0"
    half = Fraction(1, 2)
    one, two = pictures(hopper, recorded, end=half), pictures(hopper, path, end=half)
    assert len(one) == len(two) == 12
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(one, two, strict=True)) < 0.2


def test_the_mirrored_recording_leans_to_the_other_side(recorded, hopper) -> None:
    plain, over = pictures(hopper, recorded)[-1], pictures(hopper, recorded, mirror=True)[-1]
    assert np.abs(plain.astype(int) - over).max() > 20


def test_frames_without_a_face_are_kept_as_missing(drive, empty, hopper) -> None:
    blank = [Frame(empty[:, :320], frame.index, frame.time) for frame in drive[5:8]]
    shape = drive[0].image.shape
    blank = [replace(f, image=np.resize(f.image, shape)) for f in blank]
    recorded = vivant.record([*drive[:5], *blank, *drive[8:12]])
    assert [face is None for face in recorded.faces] == [False] * 5 + [True] * 3 + [False] * 4
    assert len(pictures(hopper, recorded)) == 12
    with pytest.raises(NoFaceFound, match="driving frame 5"):
        pictures(hopper, recorded, on_missing_face="fail")


def test_a_video_without_a_face_is_refused(empty) -> None:
    frames = [Frame(empty, index, Fraction(index, 25)) for index in range(3)]
    with pytest.raises(NoFaceFound, match="driver: no face found"):
        vivant.record(frames)
    with pytest.raises(SettingsError, match="no frame"):
        vivant.record([])


def test_recording_can_be_watched_and_stopped(drive) -> None:
    cancel, seen = threading.Event(), []

    def watch(progress: vivant.Progress) -> None:
        seen.append(progress.frames)
        if len(seen) == 3:
            cancel.set()

    with pytest.raises(Cancelled):
        vivant.record(drive, on_progress=watch, cancel=cancel)
    assert seen == [1, 2, 3]


def test_what_is_played_is_labelled_signed_and_silent(recorded, tmp_path) -> None:
    path, out = tmp_path / "jane-doe.npz", tmp_path / "out.mp4"
    vivant.write_performance(recorded, path)
    report = vivant.animate_file(
        samples.portrait(), path, out, size=160, end=Fraction(1, 2), consent="historical"
    )
    assert (report.frames, report.audio, report.faces_missed) == (12, None, 0)
    found = vivant.verify(out)
    assert found.synthetic is True
    assert found.intact is True
    data = out.read_bytes()
    assert b"jane-doe" not in data
    digest = vivant.read_performance(path).digest
    assert digest is not None
    assert digest in str(found.to_json())


def test_a_recording_in_memory_is_an_ingredient_too(recorded, tmp_path) -> None:
    out = tmp_path / "out.mp4"
    vivant.animate_file(
        samples.portrait(), recorded, out, size=160, end=Fraction(1, 5), consent="historical"
    )
    driver = [part for part in vivant.verify(out).to_json()["ingredients"] if "driver" in str(part)]
    assert "sha256" in str(driver)


class Reddens:
    """An engine that draws from pixels."""

    size, needs = 64, frozenset({"pixels"})

    def __init__(self) -> None:
        self.crop = open_engine("mesh").crop

    def encode(self, face):  # type: ignore[no-untyped-def]
        return face.image

    motion = rest = relative = blend = render = encode


def test_an_engine_that_needs_pixels_refuses_a_recording(recorded, hopper) -> None:
    with pytest.raises(SettingsError, match="'Reddens' draws from the driver's pixels"):
        list(vivant.animate(hopper, recorded, engine=Reddens()))


def test_files_that_are_no_recordings_are_told_apart(tmp_path, hopper) -> None:
    archive, text = tmp_path / "essay.docx", tmp_path / "talk.npz"
    shutil.make_archive(str(tmp_path / "essay"), "zip", samples.__path__[0])
    (tmp_path / "essay.zip").rename(archive)
    text.write_text("dear diary")
    for path in (archive, text):
        with pytest.raises(DamagedMedia):
            vivant.read_performance(path)
    with pytest.raises(DamagedMedia, match=r"essay\.docx"):
        list(vivant.animate(hopper, archive))
    with pytest.raises(PathRefused):
        vivant.read_performance(tmp_path / "gone.npz")


def test_writing_replaces_only_what_is_complete(recorded, tmp_path) -> None:
    with pytest.raises(PathRefused):
        vivant.write_performance(recorded, tmp_path / "nowhere" / "x.npz")
    path = tmp_path / "x.npz"
    path.write_bytes(b"older")
    vivant.write_performance(recorded, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.npz"]
    assert len(vivant.read_performance(path)) == len(recorded)


def test_shipped_performances_are_read_by_name(hopper, tmp_path, monkeypatch) -> None:
    smile = vivant.read_performance("smile")
    assert smile.name == "smile"
    frames = pictures(hopper, smile, end=Fraction(3, 2))
    assert len(frames) == 45
    plain = pictures(hopper, smile, end=Fraction(1, 30))[0]
    np.testing.assert_array_equal(frames[0], plain)
    assert np.abs(frames[-1].astype(int) - frames[0]).max() > 60
    with pytest.raises(PathRefused, match="no performance of that name; did you mean 'talk'"):
        vivant.read_performance("tolk")


def test_a_performance_that_knows_its_rest_starts_with_the_portrait_as_it_is(hopper) -> None:
    (first,) = pictures(hopper, vivant.read_performance("shake"), end=Fraction(1, 30))
    (still,) = pictures(hopper, vivant.read_performance("rest"), end=Fraction(1, 30))
    np.testing.assert_array_equal(first, still)


def test_sliders_work_on_top_of_any_driver(hopper, drive) -> None:
    for driver in (drive[:2], vivant.read_performance("rest")):
        end = None if isinstance(driver, tuple) else Fraction(2, 30)
        plain = pictures(hopper, driver, end=end)
        edited = pictures(hopper, driver, end=end, controls={"smile": 0.8, "yaw": 8})
        assert len(edited) == len(plain)
        assert np.abs(edited[0].astype(int) - plain[0]).mean() > 1


def test_wrong_sliders_are_refused_before_the_first_frame(hopper, drive) -> None:
    with pytest.raises(SettingsError, match="no slider 'grin'"):
        vivant.animate(hopper, drive, controls={"grin": 1})
    with pytest.raises(SettingsError, match="smile must lie in"):
        vivant.animate(hopper, drive, controls={"smile": 3})
    with pytest.raises(SettingsError, match="has no sliders"):
        vivant.animate(hopper, drive, controls={"smile": 1}, engine=Reddens())


@pytest.mark.parametrize("name", ["smile.png", "smile.jpg", "smile.webp"])
def test_a_picture_as_output_is_the_first_frame_marked(tmp_path, name: str) -> None:
    report = vivant.animate_file(
        samples.portrait(),
        vivant.read_performance("rest"),
        tmp_path / name,
        controls={"smile": 0.8},
        size=160,
        consent="historical",
    )
    assert report.frames == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert read_image(tmp_path / name).shape[0] == 160
    found = vivant.verify(tmp_path / name)
    assert found.synthetic is True
    assert found.intact is True
