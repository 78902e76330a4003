from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest

from vivant import samples
from vivant.errors import AskedWrongly, PathRefused, VivantError
from vivant.media import write_image
from vivant.studies import clips as studied
from vivant.studies import inputs
from vivant.studies.settings import TransferSettings
from vivant.studies.study import Method
from vivant.studies.transfer.peaks import EXPRESSIONS, peaks
from vivant.studies.transfer.strengths import ALL, COARSE, FINE, named
from vivant.studies.transfer.study import TransferStudy
from vivant.studies.work import run

SHORT = TransferSettings(frames=16, size=256)
METHODS = (Method("mesh"), Method("still"))
UNITS = [
    f"AU{number:02}_r" for number in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
]


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("portraits")
    shutil.copy(samples.portrait(), folder / "hopper.jpg")
    write_image(folder / "wall.png", np.full((128, 128, 3), 128, np.uint8))
    return folder


@pytest.fixture(scope="module")
def study(portraits, clips):
    whole = TransferStudy.of(portraits, clips, METHODS, SHORT)
    return TransferStudy(whole.portraits, whole.sources[:1], whole.methods, SHORT, whole.unable)


@pytest.fixture(scope="module")
def found(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    results = run(study, out, workers=1)
    results.write(out)
    return results.plain, out


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_strengths_are_those_of_the_published_tables_and_the_whole_range():
    assert [named(one) for one in FINE] == [
        "0.3", "0.32", "0.34", "0.36", "0.38", "0.4", "0.42", "0.44", "0.46", "0.48", "0.5",
    ]  # fmt: skip
    assert COARSE == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert len(ALL) == 19


def test_every_strength_is_a_row_and_expression_grows_with_it(found):
    rows = found[0]["rows"]
    assert [row["strength"] for row in rows] == [named(one) for one in ALL]
    reached = {row["strength"]: row["reached"] for row in rows}
    assert abs(reached["0.0"]) < 0.1
    assert reached["0.0"] < reached["0.5"] < reached["1.0"]
    assert len({row["key"] for row in rows}) == len(rows)


def test_nothing_carried_over_is_the_portrait_itself(found):
    row = found[0]["rows"][0]
    if "own" not in found[0]["not_measured"]:
        assert row["own"] < 0.35 < found[0]["rows"][-1]["own"]
        assert row["foreign"] == pytest.approx(row["between"], abs=0.15)


def test_what_cannot_be_measured_is_told(found):
    (failed,) = found[0]["failed"]
    assert failed["item"].endswith("--wall")
    assert "face" in failed["problem"]
    assert found[0]["extra"]["unable"] == ["still"]
    text = (found[1] / "summary.md").read_text(encoding="utf-8")
    assert "Not able: still" in text
    assert "What is concluded" in text


def test_the_tables_have_the_columns_of_the_published_ones(found):
    heads, source, target = read(found[1] / "likeliness" / "expression1.csv")
    assert heads == ["output_images", *map(named, FINE), "source", "target"]
    assert (source[0], target[0]) == ("hopper_source", "hopper_target")
    heads, *lines = read(found[1] / "quality" / "AUs_expression1.csv")
    assert heads == ["filename", *UNITS]
    assert [line[0] for line in lines] == [
        *(f"hopper_{named(one)}.csv" for one in FINE), "hopper_mean.csv",
    ]  # fmt: skip
    assert all(0 <= float(value) <= 5 for line in lines for value in line[1:])
    heads, line = read(found[1] / "quality" / "AUs_reference.csv")
    assert heads == ["filename", *UNITS]
    assert line[0] == "speaker_expression1_aligned.csv"


def test_the_tables_and_the_rows_say_the_same(found):
    if "own" in found[0]["not_measured"]:
        pytest.skip("needs the extra lab: pip install 'vivant[lab]'")
    rows = {row["strength"]: row for row in found[0]["rows"]}
    for ending, strengths in (("", FINE), ("_coarse", COARSE)):
        _, source, target = read(found[1] / "likeliness" / f"expression1{ending}.csv")
        for place, strength in enumerate(map(named, strengths), start=1):
            assert float(source[place]) == pytest.approx(rows[strength]["foreign"], rel=1e-5)
            assert float(target[place]) == pytest.approx(rows[strength]["own"], rel=1e-5)
        assert float(source[-2]) == float(target[-1]) == 0
        assert float(source[-1]) == pytest.approx(rows["0.3"]["between"], rel=1e-5)


def test_engines_without_strength_are_refused_where_there_is_no_other(portraits, clips):
    with pytest.raises(AskedWrongly, match="still: no setting `strength`"):
        TransferStudy.of(portraits, clips, METHODS[1:], SHORT)
    with pytest.raises(PathRefused, match="no portraits in it"):
        TransferStudy.of(clips, clips, METHODS, SHORT)


def test_peaks_are_where_an_expression_is_the_strongest(clips, tracker):
    items = inputs.find(clips, studied.VIDEOS, "clip")
    found = peaks(items, tracker, 16, 256)
    assert {one.expression for one in found} <= set(EXPRESSIONS)
    assert {one.item.name for one in found} == {"speaker"}
    for one in found:
        assert one.rise >= 0.15
        assert one.rest != one.frame
    with pytest.raises(VivantError, match="none of 1 drivers shows an expression"):
        peaks([one for one in items if one.name == "nobody"], tracker, 16, 256)
