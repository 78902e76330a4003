from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from vivant import samples
from vivant.errors import PathRefused, SettingsError, VivantError
from vivant.media import read_image, write_image
from vivant.studies import clips as studied
from vivant.studies import inputs
from vivant.studies.settings import SuitabilitySettings
from vivant.studies.study import Method
from vivant.studies.suitability import picking
from vivant.studies.suitability.mouthstate import STATES, mouth_state
from vivant.studies.suitability.study import SuitabilityStudy
from vivant.studies.work import run

SHORT = SuitabilitySettings(frames=16, portraits_most=2, drivers_most=1, size=256)


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    """The sample portrait and a picture without a face, with a manifest."""
    folder = tmp_path_factory.mktemp("portraits")
    shutil.copy(samples.portrait(), folder / "hopper.jpg")
    write_image(folder / "wall.png", np.full((128, 128, 3), 128, np.uint8))
    (folder / "MANIFEST.csv").write_text(
        "file,kind,identity_group,category\n"
        "hopper.jpg,portrait,hopper,photo\n"
        "wall.png,portrait,wall,statue\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def found(portraits, clips, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    methods = [Method("mesh"), Method("still")]
    study = SuitabilityStudy.of(portraits, clips, methods, SHORT)
    results = run(study, out, workers=1)
    results.write(out)
    return results.plain, out


def rows(found, engine, portrait="hopper"):
    return {
        row["key"].rsplit("--", 1)[-1]: row
        for row in found[0]["rows"]
        if row["engine"] == engine and row["portrait"] == portrait
    }


def test_a_portrait_is_tried_at_every_size_and_place(found):
    tried = rows(found, "mesh")
    assert len(tried) == len(found[0]["extra"]["mesh"]["answers"]["size"]) + 4 == 9
    assert tried["same"]["answers"] == {
        "size": "same", "position": "centre", "subject": "photo",
        "mouth": tried["same"]["mouth_state"],
    }  # fmt: skip
    faces = [tried[name]["face"] for name in
             ("only the features", "larger", "same", "smaller", "much smaller")]  # fmt: skip
    assert faces == sorted(faces, reverse=True)


def test_the_points_tell_an_engine_that_follows_from_one_that_does_nothing(found):
    moving, still = rows(found, "mesh")["same"], rows(found, "still")["same"]
    assert moving["score"] > 5 > still["score"]
    assert not any(
        still["points"][name] for name in ("lips", "movement") if name in still["points"]
    )
    assert moving["follows"]["lips"]["correlation"] > 0.8


def test_what_cannot_be_animated_gets_nothing_and_the_reason_is_told(found):
    (row,) = rows(found, "mesh", "wall").values()
    assert row["score"] == row["eyes"] == row["mouth"] == row["outline"] == 0
    assert "no face" in row["problem"]
    assert found[0]["failed"] == []
    assert found[0]["extra"]["mesh"]["answers"]["subject"]["statue"]["refused"] == 1
    assert "What could not be animated" in (found[1] / "summary.md").read_text(encoding="utf-8")


def test_the_report_tells_charts_conclusions_and_the_rubric(found):
    page = (found[1] / "report.html").read_text(encoding="utf-8")
    for words in ("How large the face is", "What the portrait shows", "What is concluded",
                  "Beside what others found", "The rubric"):  # fmt: skip
        assert words in page
    assert found[0]["summary"]["mesh"]["score"]["rows"] == 10


def test_the_same_work_gives_the_same_points(portraits, clips, found, tmp_path):
    study = SuitabilityStudy.of(portraits, clips, [Method("mesh")], SHORT)
    again = run(study, tmp_path, workers=1).plain["rows"]
    before = [row for row in found[0]["rows"] if row["engine"] == "mesh"]
    for one, other in zip(again, before, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_folders_without_what_is_wanted_are_refused(portraits, clips, tmp_path):
    with pytest.raises(PathRefused, match="no portraits in it"):
        SuitabilityStudy.of(clips, clips, [Method("mesh")], SHORT)
    with pytest.raises(PathRefused, match="no clips in it"):
        SuitabilityStudy.of(portraits, tmp_path, [Method("mesh")], SHORT)
    with pytest.raises(SettingsError, match="frames"):
        SuitabilitySettings(frames=1)


def test_a_driver_without_a_face_is_never_chosen(clips, tracker):
    items = inputs.find(clips, studied.VIDEOS, "clip")
    assert [one.name for one in picking.telling(items, tracker, 5, 16, 256)] == ["speaker"]
    with pytest.raises(VivantError, match="none of 1 drivers shows a face"):
        picking.telling([one for one in items if one.name == "nobody"], tracker, 5, 16, 256)


def test_drivers_of_one_person_count_once(clips, tracker):
    (item,) = (one for one in inputs.find(clips, studied.VIDEOS, "clip") if one.name == "speaker")
    assert len(picking.telling([item, item], tracker, 5, 16, 256)) == 1


@pytest.fixture(scope="module")
def data():
    if not os.environ.get("VIVANT_DATA"):
        pytest.skip("needs VIVANT_DATA, a folder of real faces")
    return Path(os.environ["VIVANT_DATA"])


@pytest.mark.parametrize(
    ("name", "state"),
    [("p002_002", "closed"), ("p091_091", "slightly open, dark"),
     ("p098_098", "slightly open, teeth"), ("p082_082", "open, dark")],
)  # fmt: skip
def test_states_of_real_mouths_are_told(data, tracker, name, state):
    image = read_image(data / "portraits" / f"{name}.jpg")
    assert mouth_state(image, tracker.detect(image)[0]) == state


def test_a_manifest_gives_portraits_of_all_kinds_and_the_animal(data, tracker):
    items = picking.pictures(data / "MANIFEST.csv")
    animals = [one for one in items if picking.subject(one.category) == "animal"]
    assert [one.name for one in animals] == ["animal_dog__s30"]
    some = [*items[::12], *animals]
    chosen = picking.samples(some, tracker, 2, 0)
    assert {one.subject for one in chosen} >= {"photo", "artwork", "animal"}
    assert all(one.mouth in ("", *STATES) for one in chosen)
    for question in ("size", "position"):
        assert sum(question in one.questions for one in chosen) == 2
    assert chosen == picking.samples(some, tracker, 2, 0)
