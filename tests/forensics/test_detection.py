from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vivant import samples
from vivant.errors import (
    AskedWrongly,
    DamagedMedia,
    MissingExtra,
    MissingWeights,
    NoFaceFound,
    SettingsError,
)
from vivant.forensics import detection, detectors, pictures
from vivant.forensics.detection import detect, files_in


class Counted:
    """Answers what it is told to, and keeps what it saw."""

    name, trained_on = "counted", "nothing"

    def __init__(self, *answers):
        self.answers, self.faces = list(answers), []

    def judge(self, image, face):
        self.faces.append(face)
        return self.answers[(len(self.faces) - 1) % len(self.answers)]


def test_a_picture_is_one_frame():
    found = detect(samples.portrait(), detector=Counted(0.25))
    assert (found.kind, found.frames, found.faces_missed) == ("picture", 1, 0)
    assert (found.score, found.share, found.detector) == (0.25, 0.0, "counted")


@pytest.mark.parametrize("frames", [1, 5])
def test_a_video_is_judged_by_the_mean_of_frames_from_all_of_it(frames):
    counted = Counted(0.2, 0.8)
    found = detect(samples.driving(), detector=counted, frames=frames)
    assert found.kind == "video"
    assert 1 <= found.frames + found.faces_missed <= frames
    assert found.score == pytest.approx(np.mean([0.2, 0.8, 0.2, 0.8, 0.2][: found.frames]))


def test_the_largest_face_counts(tmp_path):
    image = np.asarray(Image.open(samples.portrait()).convert("RGB"))
    small = np.asarray(Image.fromarray(image).resize((256, 300)))
    both = np.full((600, 800, 3), 128, np.uint8)
    both[:300, :256], both[:, 288:] = small, image
    Image.fromarray(both).save(tmp_path / "both.png")
    counted = Counted(0.5)
    detect(tmp_path / "both.png", detector=counted)
    assert counted.faces[0].box[0] > 288


def test_without_a_face_there_is_nothing_to_say(tmp_path):
    Image.fromarray(np.full((240, 320, 3), 90, np.uint8)).save(tmp_path / "grass.png")
    with pytest.raises(NoFaceFound, match=r"grass\.png: no face found"):
        detect(tmp_path / "grass.png", detector=Counted(0.5))


def test_what_cannot_be_judged_is_said(tmp_path):
    with pytest.raises(SettingsError, match="frames must lie in"):
        detect(samples.portrait(), frames=0)
    with pytest.raises(AskedWrongly, match="did you mean 'small'"):
        detect(samples.portrait(), detector="smal")
    with pytest.raises(AskedWrongly, match="no such file"):
        detect(tmp_path / "none.mp4")
    (tmp_path / "cut.mp4").write_bytes(samples.driving().read_bytes()[:5000])
    with pytest.raises(DamagedMedia):
        detect(tmp_path / "cut.mp4", detector=Counted(0.5))


def test_xception_without_weights_says_what_is_needed_and_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path))
    with pytest.raises((MissingWeights, MissingExtra)) as caught:
        detectors.open_detector("xception")
    told = str(caught.value)
    if caught.type is MissingWeights:
        for part in ("full_c23.p", "github.com/ondyari/FaceForensics", "licence: MIT",
                     "whole pickled", "vivant weights add FILE --as xception/NAME"):  # fmt: skip
            assert part in told
    else:
        assert "pip install 'vivant[learned]'" in told


def test_the_answer_is_in_words_and_a_hint():
    found = [
        detection.Detection("a", "video", "small", score, 1, 0, 0.0, "x").conclusion
        for score in (0.1, 0.5, 0.9)
    ]
    assert found == [
        "looks filmed to this detector", "cannot be told", "looks drawn to this detector",
    ]  # fmt: skip
    assert "not a proof" in detection.HINT
    plain = detect(samples.portrait(), detector=Counted(0.123456)).to_json()
    assert plain["score"] == 0.1235
    assert plain["hint"] == detection.HINT


def test_a_folder_gives_its_pictures_and_videos(tmp_path):
    with pytest.raises(AskedWrongly, match="no picture and no video"):
        files_in(tmp_path)
    for name in ("b.MP4", "a.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "c.mp4").mkdir()
    assert [path.name for path in files_in(tmp_path)] == ["a.png", "b.MP4"]


def test_studies_ask_of_whole_pictures_and_a_picture_without_a_face_is_not_told():
    judge = pictures.small()
    image = np.asarray(Image.open(samples.portrait()).convert("RGB"))
    assert judge(image) == detect(samples.portrait()).score
    assert judge(np.full((240, 320, 3), 90, np.uint8)) == pictures.UNKNOWN
