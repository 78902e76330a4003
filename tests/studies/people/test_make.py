"""A study for people, as it is written."""

from __future__ import annotations

import json
import re

import pytest

from vivant.errors import AskedWrongly, PathRefused, SettingsError
from vivant.studies.people.make import document, make
from vivant.studies.people.plan import planned
from vivant.studies.people.settings import MakeSettings


def test_people_get_nothing_that_tells_whose_a_result_is(made):
    text = made.page.read_text(encoding="utf-8")
    told = text[text.index('id="plan">') :].partition("</script>")[0]
    told += " ".join(path.name for path in made.page.parent.rglob("*"))
    key = json.loads(made.key.read_text(encoding="utf-8"))
    assert not [name for name in (*key["methods"], "item") if name in told.replace('"items"', "")]
    assert made.key.parent == made.page.parent.parent


def test_the_key_names_every_file_of_the_page_by_its_content(made, folders):
    key = json.loads(made.key.read_text(encoding="utf-8"))
    assert len(key["media"]) == 12
    for name, one in key["media"].items():
        source = next(folder for folder in folders if folder.name == one["method"]) / one["item"]
        assert (made.page.parent / name).read_bytes() == source.read_bytes()
    assert key["left_out"] == ["alone.png"]
    assert made.left_out == ["alone.png"]


def test_the_place_in_the_pages_lists_does_not_tell_the_method(folders):
    plan = planned(folders, MakeSettings(seed=3))
    methods = [[plan.key["media"][one]["method"] for one in item["media"]]
               for item in plan.page["items"]]  # fmt: skip
    assert len({tuple(order) for order in methods}) > 1


def test_the_same_seed_gives_the_same_study_and_another_another(folders):
    first, again, other = (planned(folders, MakeSettings(seed=seed)) for seed in (0, 0, 1))
    assert first.page == again.page
    assert set(first.files) != set(other.files)
    assert first.page["study"] != other.page["study"]


def test_questions_follow_from_what_can_be_shown_beside(folders, reference, films):
    assert [q["key"] for q in planned(folders, MakeSettings()).page["questions"]] == ["natural"]
    both = planned(folders, MakeSettings(), reference)
    assert [q["key"] for q in both.page["questions"]] == ["natural", "person"]
    assert all("portrait" in item for item in both.page["items"])
    videos = planned(films[0], MakeSettings(), films[1])
    assert [q["key"] for q in videos.page["questions"]] == ["natural", "driver", "person"]


def test_a_question_in_own_words_is_asked_as_it_is(folders):
    plan = planned(folders, MakeSettings(questions=("natural", "Who is <happier>?")))
    assert plan.page["questions"][1] == {"key": "own2", "text": "Who is <happier>?", "beside": ""}
    assert "<happier>" not in document(plan.page)


def test_a_question_that_nothing_can_be_shown_for_is_refused(folders, reference):
    with pytest.raises(AskedWrongly, match="needs a driver beside every result"):
        planned(folders, MakeSettings(questions=("driver",)), reference)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"questions": ("prettier",)}, "ends with a question mark"),
        ({"questions": ("natural", "natural")}, "twice"),
        ({"pairs": 0}, "pairs must lie in"),
        ({"ratings": -1}, "ratings must lie in"),
        ({"checks": 51}, "checks must lie in"),
        ({"seed": -1}, "seed must lie in"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(SettingsError, match=words):
        MakeSettings(**settings)


def test_folders_that_do_not_fit_together_are_refused(tmp_path, folders):
    with pytest.raises(AskedWrongly, match="two folders of results or more, got 1"):
        planned(folders[:1], MakeSettings())
    with pytest.raises(AskedWrongly, match="two are the same: mesh, mesh"):
        planned([folders[0], folders[0]], MakeSettings())
    with pytest.raises(PathRefused, match="cannot be read"):
        planned([folders[0], tmp_path / "missing"], MakeSettings())
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(AskedWrongly, match="no file has the same name in all"):
        planned([folders[0], empty], MakeSettings())


def test_a_study_is_never_replaced(made, folders):
    with pytest.raises(PathRefused, match="choose another folder"):
        make(made.key.parent, folders, MakeSettings())


def test_nothing_is_left_of_a_study_that_cannot_be_written(tmp_path, folders, monkeypatch):
    def full(*_):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(PathRefused, match="Permission denied"):
        make(tmp_path / "out", folders, MakeSettings())
    assert not list(tmp_path.glob(".out*"))
    assert not (tmp_path / "out").exists()


def test_hostile_words_are_shown_and_do_nothing(folders):
    words = "<script>alert(1)</script> \" onload='x'"
    text = document(planned(folders, MakeSettings(title=words, by=words)).page)
    assert len(re.findall("<script", text)) == 2
    assert "</script>" in text
    assert "alert(1)</script>" not in text
