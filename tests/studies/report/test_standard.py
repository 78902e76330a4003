"""The parts that every report has."""

from __future__ import annotations

import copy

import pytest

from vivant.studies.report.parts import Interval, Table, Text
from vivant.studies.report.standard import (
    decided,
    findings,
    key_metrics,
    method,
    standard,
)


def tables(parts):
    return {part.title: part for part in parts if isinstance(part, Table)}


def test_everything_in_the_results_is_told(plain):
    parts = standard(plain)
    assert [part.title for part in parts] == [
        "Results", "Errors of mesh against still", "Paired comparisons", "Every case: l1",
        "Every case: akd", "Every case: csim", "What failed", "What is measured", "Not measured",
        "Engines", "Settings", "Inputs and their licences", "Every input", "Versions and machine",
        "Every row",
    ]  # fmt: skip


def test_the_studys_own_parts_stand_between_what_was_found_and_how(plain):
    own = Text("Own", [])
    parts = standard(plain, [own])
    assert parts == [*findings(plain), own, *method(plain)]


def test_means_have_their_intervals_and_an_engine_a_column(plain):
    table = tables(standard(plain))["Results"]
    assert table.heads == ["metric", "unit", "mesh", "still"]
    l1 = plain["summary"]["mesh"]["l1"]
    assert table.rows[0][2] == Interval(value=l1["mean"], low=l1["low"], high=l1["high"])
    assert "Means over 6 rows of 3 identities." in table.note
    assert table.rows_higher_is_better == [False, False, True]


def test_the_best_is_marked_only_where_the_comparisons_tell_it_apart(plain):
    assert decided(plain) == {"l1"}
    assert tables(standard(plain))["Results"].undecided == {1, 2}
    assert decided(plain | {"comparisons": []}) == {"l1", "akd", "csim"}


def test_of_three_engines_the_best_must_beat_both_others(plain):
    three = copy.deepcopy(plain)
    three["summary"]["third"] = three["summary"]["still"]
    assert decided(three) == set()
    three["comparisons"].append(
        {"a": "third", "b": "mesh", "metric": "l1", "difference": 1, "better": "b"}
    )
    assert decided(three) == {"l1"}


def effects(plain):
    return next((part for part in standard(plain) if "Errors of" in part.title), None)


def test_effects_are_of_errors_alone_and_smaller_ones_are_better(plain):
    series = effects(plain).series[0]
    base = plain["summary"]["still"]["l1"]["mean"]
    assert series.x == ["l1", "akd"]
    assert series.y[0] == pytest.approx(100 * 0.03 / base)
    ends = series.low[0], series.high[0]
    assert ends == pytest.approx((100 * 0.02 / base, 100 * 0.031 / base))


def test_an_effect_that_would_dwarf_all_others_is_named_not_drawn(plain):
    still = plain["summary"]["still"]
    still["l1"]["mean"] = 1e-6
    assert effects(plain) is None
    plain["metrics"]["far"] = plain["metrics"]["l1"]
    still["far"] = still["akd"]
    plain["comparisons"].insert(0, plain["comparisons"][0] | {"metric": "far"})
    assert "Too far off to be drawn: l1." in effects(plain).note


def test_no_per_cent_of_nothing_or_of_what_forbids_it(plain):
    plain["summary"]["still"]["l1"]["mean"] = 0
    assert effects(plain) is None
    plain["summary"]["still"]["l1"]["mean"] = 0.085
    plain["metrics"]["akd"]["relative"] = False
    assert effects(plain) is None


def test_nothing_is_decided_where_pairs_and_means_contradict_each_other(plain):
    # As where one engine lacks the cases that are easy.
    plain["summary"]["mesh"]["l1"]["mean"] = 0.2
    assert decided(plain) == set()


def test_the_best_known_metrics_come_first_or_those_that_the_study_names(plain):
    assert key_metrics(plain, 2) == ["l1", "akd"]
    plain["extra"]["key_metrics"] = ["csim"]
    assert key_metrics(plain, 1) == ["csim"]
    assert key_metrics(plain, 2) == ["l1", "csim"]
    assert key_metrics({}, 3) == []


def test_a_comparison_names_the_better_or_says_that_there_is_none(plain):
    rows = tables(standard(plain))["Paired comparisons"].rows
    assert [row[-1] for row in rows] == ["mesh", "not told apart", "not told apart"]


def test_rows_are_flat_and_folded(plain):
    table = tables(standard(plain))["Every row"]
    assert table.folded
    assert "regions.face" in table.heads
    assert len(table.rows) == 12


def test_only_so_many_rows_are_shown_and_the_rest_is_named(plain):
    many = plain | {"rows": [{"engine": "mesh", "l1": 0.1}] * 2100}
    table = tables(standard(many))["Every row"]
    assert len(table.rows) == 2000
    assert "The first 2000 of 2100" in table.note


def test_licences_of_inputs_are_counted(plain):
    three = plain | {"inputs": [*plain["inputs"] * 2, {"kind": "clip", "licence": "MIT"}]}
    table = tables(standard(three))["Inputs and their licences"]
    assert [(row[2], row[-1]) for row in table.rows] == [("CC-BY-4.0", 2), ("MIT", 1)]


def test_results_that_lack_parts_give_a_shorter_report():
    assert standard({"study": "self"}) == []
    empty = {"summary": {"mesh": {"l1": None}}, "metrics": {"l1": {}}, "comparisons": None,
             "rows": [], "machine": None}  # fmt: skip
    assert [part.title for part in standard(empty)] == ["Results", "What is measured"]
