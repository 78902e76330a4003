"""What a report is made of."""

from __future__ import annotations

import math

import pytest

from vivant.errors import SettingsError
from vivant.studies.report.parts import (
    Interval,
    Picture,
    Plot,
    Series,
    Table,
    best,
    number,
    told,
)


def test_a_table_refuses_rows_that_do_not_fit_its_heads():
    with pytest.raises(SettingsError, match="row 1 has 1 cells, wanted 2"):
        Table("Means", ["a", "b"], [[1, 2], [1]])


@pytest.mark.parametrize("words", [{"digits": {"c": 2}}, {"higher_is_better": {"c": True}}])
def test_a_table_refuses_words_on_a_head_it_does_not_have(words):
    with pytest.raises(SettingsError, match="no head 'c'; there are: a, b"):
        Table("Means", ["a", "b"], [[1, 2]], **words)


@pytest.mark.parametrize("name", ["y", "low", "high"])
def test_a_series_refuses_lists_of_another_length(name):
    with pytest.raises(SettingsError, match=f"{name} 1; wanted as many"):
        Series("mesh", [1, 2], **({"y": [1, 2]} | {name: [1]}))


def test_a_plot_of_an_unknown_kind_is_refused():
    with pytest.raises(SettingsError, match="no kind 'pie'; there are: bars, lines, points"):
        Plot("Share", "pie", "", "", [])


def test_a_picture_knows_its_kind_by_its_content():
    assert Picture("a", b"\xff\xd8\xff\xe0").kind == "image/jpeg"
    assert Picture("a", b"\x89PNG\r\n").kind == "image/png"
    with pytest.raises(SettingsError, match="JPEG or PNG"):
        Picture("a", b"<svg onload=alert(1)>")


@pytest.mark.parametrize(
    ("cell", "digits", "words"),
    [
        (math.inf, None, "∞"),
        (math.nan, None, "-"),
        (0.0, None, "0"),
        (True, None, "yes"),
        (-0.5, 1, "-0.5"),
        (Interval(value=0.5, low=None, high=None), 1, "0.5"),
        (Interval(value=12.0, low=11.0, high=13.5), None, "12.0 [11.0, 13.5]"),
    ],
)
def test_cells_are_told_with_digits_that_say_something(cell, digits, words):
    assert told(cell, digits) == words


def test_a_yes_is_no_number():
    assert number(True) is None


def table(*values: object, higher: bool = True) -> Table:
    return Table("t", ["v"], [[value] for value in values], higher_is_better={"v": higher})


def test_the_best_is_the_largest_or_the_smallest_as_the_metric_says():
    assert best(table(1.0, 3.0, None, math.nan)) == {(1, 0)}
    assert best(table(1.0, 3.0, higher=False)) == {(0, 0)}
    assert best(table(Interval(value=1.0), Interval(value=2.0))) == {(1, 0)}


def test_nobody_is_best_alone_or_among_equals_but_two_may_share_it():
    assert best(table(1.0)) == set()
    assert best(table(1.0, 1.0)) == set()
    assert best(table(2.0, 1.0, 2.0)) == {(0, 0), (2, 0)}


def test_where_rows_are_metrics_the_best_of_each_row_is_found():
    rows = [["l1", 0.2, 0.1], ["psnr", 20.0, 10.0], ["frames", 3, 4]]
    wide = Table("t", ["metric", "a", "b"], rows, rows_higher_is_better=[False, True, None])
    assert best(wide) == {(0, 2), (1, 1)}
    with pytest.raises(SettingsError, match="1 directions for 3 rows"):
        Table("t", ["metric", "a", "b"], rows, rows_higher_is_better=[False])
