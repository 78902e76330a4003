"""A report as Markdown."""

from __future__ import annotations

from vivant.studies.report.markdown import grid, markdown
from vivant.studies.report.parts import Interval, Plot, Series, Table, Text
from vivant.studies.report.standard import standard


def test_a_whole_report_is_told_with_its_headings_in_order(plain, own):
    text = markdown("A study", standard(plain, own))
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads[:3] == ["# A study", "## Results", "## Errors of mesh against still"]
    assert "| l1 ↓ | 0 to 1 | **0.0550 [0.0450, 0.0650]** | 0.0850 [0.0750, 0.0950] |" in text
    assert "12 rows: see report.html." in text
    assert text.endswith("\n")


def test_every_row_of_a_table_has_as_many_cells_whatever_stands_in_them():
    rows = [["a|b", "c\nd"], ["\\", "`|`"]]
    lines = grid(Table("t", ["x|y", "z"], rows)).splitlines()
    assert len(lines) == 4
    assert all(line.replace("\\\\", "").replace("\\|", "").count("|") == 3 for line in lines)


def test_hostile_words_are_no_markup(plain, own):
    text = markdown("<script>", standard(plain, own))
    assert "\\<script\\>" in text
    assert "<script" not in text.replace("\\<script", "")
    text.encode()


def test_a_paragraph_that_begins_like_a_list_is_none():
    text = markdown("t", [Text("x", ["- one", "1. two", "# three"])])
    assert "\\- one\n\n1\\. two\n\n\\# three" in text


def test_a_small_plot_is_a_table_and_a_large_one_is_named():
    def told(count):
        series = [Series("s", list(range(count)), [0.5] * count, [0.1] * count, [0.9] * count)]
        return markdown("t", [Plot("p", "lines", "x", "y", series)])

    assert "| 1 | 0.500 [0.100, 0.900] |" in told(3)
    assert "Drawn in report.html." in told(30)
    cloud = Plot("p", "points", "", "y", [Series("s", ["a", "a"], [1, 2])])
    assert "Drawn in report.html." in markdown("t", [cloud])


def test_the_best_is_bold_with_its_interval():
    rows = [["a", Interval(value=1.0, low=0.5, high=1.5)], ["b", 2.0]]
    text = grid(Table("t", ["m", "up"], rows, digits={"up": 1}, higher_is_better={"up": False}))
    assert "| a | **1.0 [0.5, 1.5]** |" in text
