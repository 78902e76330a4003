"""From files of answers to shares, strengths and agreement."""

from __future__ import annotations

import json

import pytest

from vivant.studies.people.analyse import analyse
from vivant.studies.people.parts import parts
from vivant.studies.people.settings import AnalyseSettings
from vivant.studies.report.markdown import markdown
from vivant.studies.report.parts import Interval, Table
from vivant.studies.report.standard import standard

SETTINGS = AnalyseSettings(draws=200)
ORDER = ["mesh", "third", "still"]


def best(a, b):
    return min(a, b, key=ORDER.index)


def worst(a, b):
    return max(a, b, key=ORDER.index)


def tie(a, b):
    return "tie"


@pytest.fixture
def found(made, answer):
    """Three of four people prefer mesh over third over still; one says tie."""
    files = [answer(number, best) for number in (1, 2, 3)]
    files.append(answer(4, tie))
    return analyse(made.key.parent, files, SETTINGS)


def preference(found, a, b):
    return next(one for one in found["extra"]["preferences"] if (one["a"], one["b"]) == (a, b))


def test_shares_count_a_tie_as_half(found):
    one = preference(found, "mesh", "still")
    assert (one["answers"], one["wins"], one["ties"], one["losses"]) == (16, 12, 4, 0)
    assert one["share"] == 14 / 16
    assert one["p"] == pytest.approx(2 / 2**12)
    assert one["low"] <= one["share"] <= one["high"]
    assert one["wilson_low"] < one["share"] < one["wilson_high"]


def test_sides_make_no_difference_to_who_is_preferred(found):
    one = preference(found, "still", "third")
    assert (one["wins"], one["losses"]) == (0, 12)


def test_the_summary_is_in_the_form_of_every_study(found):
    mesh = found["summary"]["mesh"]
    assert mesh["preferred_natural"]["mean"] == 28 / 32
    assert mesh["preferred_natural"]["identities"] == 4
    assert mesh["rating"]["mean"] == 5
    assert set(found["metrics"]) == {"preferred_natural", "rating"}
    assert len(found["rows"]) == 4 * 3


def test_comparisons_say_who_is_better_where_people_tell(found):
    compared = {(one["a"], one["b"], one["metric"]): one for one in found["comparisons"]}
    assert compared["mesh", "still", "preferred_natural"]["difference"] == 0.75
    assert compared["mesh", "still", "preferred_natural"]["better"] == "a"
    assert compared["still", "third", "rating"]["difference"] == -2
    assert compared["still", "third", "rating"]["better"] == "b"
    assert compared["still", "third", "rating"]["pairs"] == 4


def test_where_people_contradict_each_other_nobody_is_better(made, answer):
    files = [answer(1, best), answer(2, worst), answer(3, best), answer(4, worst)]
    found = analyse(made.key.parent, files, SETTINGS)
    one = next(one for one in found["comparisons"] if one["metric"] == "preferred_natural")
    assert one["difference"] == 0
    assert one["better"] is None


def test_strengths_of_three_methods_are_in_the_order_of_preference(found):
    strengths = found["extra"]["strengths"]["natural"]
    assert sorted(strengths, key=strengths.get, reverse=True) == ORDER


def test_where_one_wins_all_the_reason_stands_for_the_strength(made, answer):
    found = analyse(made.key.parent, [answer(1, best)], SETTINGS)
    assert "more answers would tell" in found["extra"]["strengths"]["natural"]
    assert "two people" in found["extra"]["agreement"]["natural"]
    assert found["summary"]["mesh"]["rating"]["low"] is None


def test_people_who_did_not_look_are_left_out_and_named(made, answer):
    careless = answer(9, worst)
    plain = json.loads(careless.read_text(encoding="utf-8"))
    for one in plain["answers"]:
        if one["kind"] in ("same", "moves"):
            one["choice"] = "left"
    careless.write_text(json.dumps(plain), encoding="utf-8")
    found = analyse(made.key.parent, [answer(1, best), careless], SETTINGS)
    assert found["extra"]["excluded"] == [
        {"participant": "0000000000000009", "right": 0, "checks": 2}
    ]
    assert preference(found, "mesh", "still")["wins"] == 4
    all_in = analyse(made.key.parent, [answer(1, best), careless], AnalyseSettings(checks_right=0))
    assert preference(all_in, "mesh", "still")["wins"] == 4
    assert preference(all_in, "mesh", "still")["losses"] == 4


def test_files_that_cannot_be_used_are_named_and_the_others_count(made, answer, tmp_path):
    good = answer(1, best)
    broken, twice = tmp_path / "broken.json", tmp_path / "again.json"
    broken.write_text("{", encoding="utf-8")
    twice.write_bytes(good.read_bytes())
    found = analyse(made.key.parent, [good, broken, twice], SETTINGS)
    assert [one["item"] for one in found["failed"]] == ["broken.json", "again.json"]
    assert "answered in another file" in found["failed"][1]["problem"]
    assert found["extra"]["participants"]["used"] == 1


def test_agreement_is_whole_where_all_say_the_same(made, answer):
    found = analyse(made.key.parent, [answer(1, best), answer(2, best)], SETTINGS)
    assert found["extra"]["agreement"]["natural"] == 1
    assert found["extra"]["agreement"]["rating"] == 1


def test_the_parts_tell_it_and_fit_a_report(found):
    told = parts(found)
    titles = [part.title for part in told]
    assert titles == ["Who answered", "What people prefer", "Preferences", "Strengths",
                      "Do people agree?"]  # fmt: skip
    table = next(part for part in told if isinstance(part, Table))
    assert isinstance(table.rows[0][7], Interval)
    text = markdown(found["title"], standard(found, told))
    assert "bootstrap over people" in text
    assert "against still" not in text


def test_a_study_that_nobody_answered_well_is_told_too(made, answer, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    found = analyse(made.key.parent, [broken], SETTINGS)
    assert [part.title for part in parts(found)] == ["Who answered"]
    assert markdown(found["title"], standard(found, parts(found)))
