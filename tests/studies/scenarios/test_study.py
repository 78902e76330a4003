from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.errors import AskedWrongly, PathRefused, SettingsError, VivantError
from vivant.media import VideoReader, VideoWriter, read_image, write_image
from vivant.metrics.psnr import psnr
from vivant.studies.inputs import Item
from vivant.studies.report.parts import Plot, Table, Text
from vivant.studies.scenarios import composing, detecting
from vivant.studies.scenarios.acting import Acting, able
from vivant.studies.scenarios.casting import cast, unfit
from vivant.studies.scenarios.composition import NAMES, named
from vivant.studies.scenarios.detecting import Named, accuracy, probability
from vivant.studies.scenarios.marking import REGION
from vivant.studies.scenarios.roles import PAPER, PUBLISHED, ROLES
from vivant.studies.scenarios.study import ScenariosStudy
from vivant.studies.settings import ScenariosSettings
from vivant.studies.study import Method
from vivant.studies.work import run
from vivant.types import Frame

METHODS = (Method("mesh"), Method("still"))
SHORT = ScenariosSettings(frames=8, step=4, faces=False, sources_most=1, targets_most=1)
STAND_IN = Named("smooth", "stand_in:sharpness")


@pytest.fixture(scope="module", autouse=True)
def _stand_in() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)
        yield


def write_clip(path: Path, images: list[np.ndarray]) -> None:
    height, width = images[0].shape[:2]
    with VideoWriter(path, width=width, height=height, rate=Fraction(24)) as writer:
        for index, image in enumerate(images):
            writer.write(Frame(image, index, Fraction(index, 24)))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """A folder of sources and one of clips; each also holds one of whom nobody can be seated."""
    root = tmp_path_factory.mktemp("scenarios")
    portraits, clips = root / "portraits", root / "clips"
    portraits.mkdir()
    clips.mkdir()
    shutil.copy(samples.portrait(), portraits / "grace.jpg")
    with VideoReader(samples.driving(), end=Fraction(1)) as reader:
        wide = [frame.image[:, 200:640] for frame in reader][::3]
    small = [cv2.resize(image, (220, 180), interpolation=cv2.INTER_AREA) for image in wide]
    write_clip(clips / "speaker.mp4", small[:9])
    grey = np.full((96, 96, 3), 99, np.uint8)
    cv2.imwrite(str(portraits / "nobody.png"), grey)
    write_clip(clips / "nobody.mp4", [grey] * 10)
    return portraits, clips


@pytest.fixture(scope="module")
def study(folders):
    return ScenariosStudy.of(*folders, METHODS, SHORT, detectors=(STAND_IN,))


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def results(study, out):
    return run(study, out, workers=1)


def flattened(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the measures of swap at the place of those of reenact."""
    return {name: value for name, value in row.items() if name != "swap"} | row.get("swap", {})


def test_every_scenario_and_role_has_a_row_of_each_engine_that_can(results):
    rows = results.plain["rows"]
    found = {(row["scenario"], row["role"], row["engine"]) for row in rows}
    assert len(found) == len(rows)
    assert found == {
        (scenario, role, label)
        for scenario in NAMES
        for role, labels in (("reenact", ("mesh", "still")), ("swap", ("mesh",)))
        for label in labels
    }
    assert results.plain["failed"] == []
    assert results.plain["extra"]["unable"] == ["still"]


def test_rows_hold_the_papers_measures_of_frame_and_face_and_the_delay(results):
    for row in map(flattened, results.plain["rows"]):
        for name in PAPER:
            assert math.isfinite(row[name]), name
            assert math.isfinite(row[f"face_{name}"]), name
        assert row["drawn"] == 8
        assert row["frames"] == 1
        assert row["faces_missed"] == 0
        assert 0 < row["delay"] <= row["delay_p95"]
        assert row["first_frame"] > 0
        assert set(row) - {"undefined"} <= set(results.plain["metrics"]) | {
            "key", "engine", "scenario", "role", "source", "target", "identity", "driver_identity",
            "category", "width", "height", "drawn", "frames", "faces_missed", "drawn_missed",
            "seconds",
        }  # fmt: skip


def test_the_face_takes_the_share_that_its_scenario_says(results):
    shares = {row["scenario"]: row["share"] for row in results.plain["rows"]}
    assert shares["attendance"] > 0.5
    assert shares["examination"] == pytest.approx(0.10, rel=0.15)
    assert shares["presentation"] == pytest.approx(0.03, rel=0.15)


def test_a_row_shows_whom_its_role_draws(results):
    for row in results.plain["rows"]:
        assert row["identity"] == ("grace" if row["role"] == "reenact" else "speaker")


def test_swap_changes_the_face_and_nothing_else(results):
    for row in results.plain["rows"]:
        if row["role"] == "swap":
            assert row["swap"]["face_psnr"] < math.inf
            assert row["swap"]["psnr"] > 25


def test_the_summary_compares_engines_on_the_same_work(results):
    for label in ("mesh", "still"):
        assert results.plain["summary"][label]["psnr"]["rows"] == len(NAMES)
        means = results.plain["extra"]["means"]["reenact"].values()
        told = [one[label]["psnr"]["mean"] for one in means]
        assert results.plain["summary"][label]["psnr"]["mean"] == pytest.approx(np.mean(told))
    assert "psnr" in results.plain["extra"]["means"]["swap"]["attendance"]["mesh"]


def test_still_shows_the_seated_source_itself(study, results):
    tools = study.open()
    clip = composing.read_clip(study.targets[0], study.settings, tools.eyes)
    target = composing.compose(named("examination"), clip, study.settings, tools.eyes)
    source = composing.read_source(study.sources[0], tools.eyes)
    naive = psnr(composing.seat_source(source, target), target.frames[4].image, peak=255)
    (row,) = (
        row
        for row in results.plain["rows"]
        if (row["engine"], row["scenario"]) == ("still", "examination")
    )
    assert row["psnr"] == pytest.approx(naive)


def test_who_cannot_be_seated_is_left_out_and_told(study, results):
    assert [item.name for item in (*study.sources, *study.targets)] == ["grace", "speaker"]
    assert set(dict(study.left_out)) <= {"nobody"}
    assert results.plain["extra"]["left_out"] == dict(study.left_out)


def test_the_stand_in_detector_is_asked_about_every_compared_frame(results):
    told = results.plain["extra"]["detection"]
    assert {(one["role"], one["scenario"], one["engine"]) for one in told} == {
        (row["role"], row["scenario"], row["engine"]) for row in results.plain["rows"]
    }
    for one in told:
        assert (one["drawn"], one["true"]) == (1, 1)
        assert one["auc"] in (0.0, 0.5, 1.0)
    assert all("auc_smooth" in flattened(row) for row in results.plain["rows"])
    assert "detection" not in results.plain["not_measured"]


def test_without_a_detector_the_results_say_so(folders, study):
    without = replace(study, detectors=())
    assert "vivant.detectors" in without.not_measured()["detection"]
    assert {job.key for job in without.jobs()}.isdisjoint(job.key for job in study.jobs())


def test_tables_have_the_shape_of_the_papers(results):
    tables = {part.title: part for part in results.parts if isinstance(part, Table)}
    for title in ("Table 3, reenact: whole frame", "Table 3, reenact: face region"):
        table = tables[title]
        assert tuple(table.heads[: 2 + len(PAPER)]) == ("method", "scenario", *PAPER)
        assert [tuple(row[:2]) for row in table.rows] == [
            (label, scenario) for label in ("mesh", "still") for scenario in NAMES
        ]
    assert "ms_ssim" not in REGION
    published = tables["Table 3 as published"]
    assert len(published.rows) == len(PUBLISHED) == 6
    assert "not comparable" in published.note
    assert tables["What source and target mean"].rows == [list(row) for row in ROLES]


def test_conclusions_say_what_the_rows_say(results):
    (told,) = (p for p in results.parts if isinstance(p, Text) and p.title == "Conclusions")
    still = {row["scenario"]: row for row in results.plain["rows"] if row["engine"] == "still"}
    change = still["presentation"]["psnr"] - still["attendance"]["psnr"]
    (line,) = (text for text in told.paragraphs if text.startswith("still, reenact: from"))
    assert change > 0
    assert f"the whole frame's PSNR rises by {change:.1f} dB" in line


def test_plots_show_frame_and_face_apart(results):
    plots = [part for part in results.parts if isinstance(part, Plot)]
    (plot,) = (one for one in plots if one.title == "PSNR by the share of the face, reenact")
    assert {series.name for series in plot.series} == {
        f"{label}, {what}" for label in ("mesh", "still") for what in ("whole frame", "face region")
    }
    assert all(len(series.x) == 3 for series in plot.series)


def test_results_are_written_and_a_second_run_does_nothing_again(study, out, results):
    results.write(out)
    assert "Table 3" in (out / "summary.md").read_text(encoding="utf-8")
    assert (out / "report.html").stat().st_size > 10_000
    again = run(study, out, workers=1, on_progress=lambda *_: pytest.fail("done again"))
    assert again.plain["rows"] == results.plain["rows"]
    assert again.plain["extra"] == results.plain["extra"]


def test_a_killed_run_goes_on_where_it_stopped(folders, tmp_path):
    study = ScenariosStudy.of(*folders, METHODS, replace(SHORT, roles="reenact"), detectors=())

    class Killed(Exception):
        pass

    def kill(done: int, total: int, name: str) -> None:
        raise Killed

    with pytest.raises(Killed):
        run(study, tmp_path, workers=1, on_progress=kill)
    told: list[int] = []
    whole = run(study, tmp_path, workers=1, on_progress=lambda done, *_: told.append(done))
    assert told == [2, 3]
    keys = [(row["key"], row["engine"]) for row in whole.plain["rows"]]
    assert len(keys) == len(set(keys)) == 6


def test_other_settings_are_other_work(folders, out, results):
    other = ScenariosStudy.of(*folders, METHODS, ScenariosSettings(frames=9, faces=False))
    with pytest.raises(AskedWrongly, match="other work"):
        run(other, out, workers=1)


@pytest.mark.parametrize(
    "asked",
    [
        {"roles": "dance"},
        {"roles": ""},
        {"frames": 2},
        {"frames": 10, "step": 10},
        {"step": 0},
        {"size": 20},
        {"seed": -1},
        {"sources_most": 0},
        {"targets_most": 0},
    ],
)
def test_settings_out_of_range_are_refused(asked):
    with pytest.raises(SettingsError, match=next(iter(reversed(asked))).split("_")[0]):
        ScenariosSettings(**asked)


def test_folders_without_anybody_are_refused(tmp_path, folders):
    portraits, clips = folders
    shutil.copy(portraits / "nobody.png", tmp_path / "nobody.png")
    with pytest.raises(PathRefused, match="head and shoulders"):
        ScenariosStudy.of(tmp_path, clips, METHODS, SHORT)
    with pytest.raises(PathRefused, match="no such folder"):
        ScenariosStudy.of(portraits, tmp_path / "none", METHODS, SHORT)


def test_only_engines_that_keep_a_pose_can_swap():
    mesh, still = (method.open() for method in METHODS)
    assert able(mesh, "swap")
    assert not able(still, "swap")
    assert able(still, "reenact")


def test_every_frame_is_timed(speaker, tracker):
    acting = Acting(speaker[:4])
    engine = Method("still").open()
    drawn = list(acting.reenact(speaker[0].image, engine, tracker))
    assert [frame.index for frame in drawn] == [0, 1, 2, 3]
    assert len(acting.delays) == 4
    assert all(delay > 0 for delay in acting.delays)
    assert acting.first >= acting.delays[0]


def test_detectors_that_cannot_be_loaded_or_lie_are_told():
    with pytest.raises(VivantError, match="cannot be loaded"):
        Named("gone", "no.such.module:make").open()
    with pytest.raises(VivantError, match="cannot be loaded"):
        Named("gone", f"{STAND_IN.target.partition(':')[0]}:nothing").open()
    liar = Named("liar", f"{STAND_IN.target.partition(':')[0]}:liar").open()
    with pytest.raises(VivantError, match="wanted a probability"):
        probability(liar, "liar", np.zeros((2, 2, 3), np.uint8))
    assert accuracy([0.5], [0.49]) == 1
    assert detecting.installed() == ()


def test_real_people_follow_in_every_scenario(data, tmp_path):
    settings = ScenariosSettings(
        frames=17, step=8, faces=False, sources_most=1, targets_most=1, roles="reenact"
    )
    study = ScenariosStudy.of(data / "portraits", data / "clips", METHODS, settings, ())
    plain = run(study, tmp_path, workers=1).plain
    assert not plain["failed"]
    assert all(row["faces_missed"] == 0 for row in plain["rows"])
    people = [item.identity for item in (*study.sources, *study.targets)]
    assert len(set(people)) == 2
    whole, face = (
        {row["scenario"]: row[name] for row in plain["rows"] if row["engine"] == "still"}
        for name in ("psnr", "face_psnr")
    )
    assert whole["presentation"] > whole["attendance"] + 5
    assert abs(face["presentation"] - face["attendance"]) < 5


def test_why_somebody_cannot_be_seated_is_said(clips, folders, tracker, tmp_path):
    def why(path: Path) -> str:
        return unfit(Item(path, path.stem, path.stem), tracker)

    assert why(folders[0] / "grace.jpg") == why(folders[1] / "speaker.mp4") == ""
    assert why(clips / "speaker.mp4") == "hair or shoulders are cut by the side above the chin"
    assert why(clips / "nobody.mp4") == "no face found"
    image = read_image(folders[0] / "grace.jpg")
    _, y, _, height = (round(value) for value in tracker.detect(image)[0].box)
    for name, cut in {
        "the face is cut by the edge": image[y + height // 4 :],
        "2 faces": np.hstack([image, image]),
        "nobody is seen at the lower edge": cv2.copyMakeBorder(
            image, 0, 7 * height, 0, 0, cv2.BORDER_CONSTANT, value=(120, 120, 120)
        ),
    }.items():
        write_image(tmp_path / "cut.png", np.ascontiguousarray(cut))
        assert why(tmp_path / "cut.png") == name
    (tmp_path / "damaged.mp4").write_bytes(b"no video")
    assert "damaged.mp4" in why(tmp_path / "damaged.mp4")


def test_people_take_part_once_and_artworks_do_not(folders, tmp_path):
    grace = folders[0] / "grace.jpg"
    items = [
        Item(grace, name, identity, category)
        for name, identity, category in (
            ("a", "one", "photo"), ("b", "one", "photo"), ("c", "two", "statue"),
            ("d", "three", "photo"),
        )
    ]  # fmt: skip
    found, _ = cast(items, 4, 0)
    assert sorted(item.identity for item in found) == ["one", "three"]
    assert cast(items, 4, 0, taken=["one"])[0] == (items[3],)
    assert cast(items[2:3], 1, 0)[0] == (items[2],)  # where there is nobody else
