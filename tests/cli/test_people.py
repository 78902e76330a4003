"""`vivant study people` on the command line."""

from __future__ import annotations

import json
from itertools import pairwise

import cv2
import numpy as np
import pytest

import vivant
from vivant import samples


@pytest.fixture
def run(run):
    """Run `vivant study people ...` and return its exit code, output and errors."""

    def call(*words: object) -> tuple[int, str, str]:
        ran = run("study", "people", *words)
        return ran.code, ran.out, ran.err

    return call


@pytest.fixture
def folders(tmp_path):
    found = [tmp_path / name for name in ("mesh", "still")]
    for place, folder in enumerate(found):
        folder.mkdir()
        for item in range(3):
            image = np.full((32, 32, 3), 100 * place + item, np.uint8)
            cv2.imwrite(str(folder / f"{item}.png"), image)
    cv2.imwrite(str(found[0] / "alone.png"), image)
    return found


def answers(key, person):
    media = sorted(key["media"], key=lambda one: sorted(key["media"][one].items()))
    by_item = sorted(media, key=lambda one: key["media"][one]["item"])
    found = [
        {"kind": "pair", "question": "natural", "seconds": 1, "left": a, "right": b,
         "still": None, "choice": "left"}
        for a, b in pairwise(by_item) if key["media"][a]["item"] == key["media"][b]["item"]
    ]  # fmt: skip
    return {"format": "vivant.people/1", "study": key["study"], "participant": f"{person:016x}",
            "agreed": True, "finished": True, "answers": found}  # fmt: skip


def test_a_study_is_made_answered_and_analysed(run, folders, tmp_path):
    out = tmp_path / "asked"
    code, shown, said = run("make", "--out", out, *folders, "--pairs", 3, "--question", "natural")
    assert code == 0, said
    assert "3 results of each method are compared" in shown
    assert "alone.png" in said
    key = json.loads((out / "key.json").read_text(encoding="utf-8"))
    given = tmp_path / "answers"
    given.mkdir()
    for person in range(3):
        text = json.dumps(answers(key, person))
        (given / f"{person}.json").write_text(text, encoding="utf-8")
    (given / "broken.json").write_text("{", encoding="utf-8")
    code, shown, said = run("analyse", out, given, "--draws", 200)
    assert code == 0, said
    assert "mesh" in shown
    assert "broken.json" in said
    written = {path.name for path in (out / "analysis").iterdir()}
    assert {"report.html", "summary.md", "tables.tex", "results.csv", "results.json"} <= written
    plain = json.loads((out / "analysis" / "results.json").read_text(encoding="utf-8"))
    assert plain["study"] == "people"
    assert plain["machine"]["cores"]


def test_json_is_one_object(run, folders, tmp_path):
    code, shown, _ = run("make", "--out", tmp_path / "asked", *folders, "--json")
    assert code == 0
    assert json.loads(shown)["items"] == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["make", "--out", "x"], "name the folders"),
        (["make", "--out", "x", "missing", "there"], "cannot be read"),
        (["make", "--out", "x", "a", "b", "--pairs", "0"], "pairs must lie in"),
        (["analyse", "x"], "name the files"),
        (["analyse", "missing", "also.json"], "cannot be read"),
    ],
)
def test_a_wrong_question_ends_with_2_and_says_why(run, words, told):
    code, _, said = run(*words)
    assert code == 2, said
    assert told in said


def test_engines_draw_the_same_pairs_and_people_are_asked(run, tmp_path, monkeypatch):
    monkeypatch.delenv("VIVANT_CONSENT", raising=False)
    words = ("--portraits", samples.folder(), "--drivers", samples.folder(), "--out",
             tmp_path / "asked", "--seconds", 0.5, "--side", 160, "--pairs", 1, "--ratings", 0,
             "--checks", 0, "--json")  # fmt: skip
    code, out, _ = run(*words)
    assert code == 2  # nobody said why the portrait may be animated
    code, out, err = run(*words, "--consent", "historical")
    assert code == 0
    assert "grace_hopper--driving by still" in err
    assert json.loads(out)["items"] == 1
    drawn = tmp_path / "asked" / "results" / "mesh" / "grace_hopper--driving.mp4"
    assert vivant.verify(drawn).synthetic
    assert (tmp_path / "asked" / "references" / "grace_hopper--driving.jpg").is_file()
    key = json.loads((tmp_path / "asked" / "study" / "key.json").read_text(encoding="utf-8"))
    assert {one["method"] for one in key["media"].values()} >= {"mesh", "still"}
