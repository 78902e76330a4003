from __future__ import annotations

import csv
import io

import pytest

from vivant.studies.results import table
from vivant.studies.transfer.tables import likeliness

FORMULA = '=HYPERLINK("http://example.org","a")'


@pytest.mark.parametrize("text", [FORMULA, "+a", "-a", "@SUM(1)", "\tx", "\r=x"])
def test_names_that_begin_like_formulas_are_text_in_results(text):
    told = table([{"clip": text, "l1": -0.5, "count": -3, "inner": {"of": text}}])
    (row,) = csv.DictReader(io.StringIO(told, newline=""))
    safe = "'" + text.replace("\r", " ")
    assert row == {"clip": safe, "l1": "-0.5", "count": "-3", "inner.of": safe}
    assert "\r" not in table([{"clip": "a\r=x"}])


def test_names_that_begin_like_formulas_are_text_in_the_published_columns():
    rows = [{"target": "=a", "strength": "0.5", "between": 1.0, "own": -0.25, "foreign": 1.5}]
    lines = list(csv.reader(io.StringIO(likeliness(rows, [0.5], ""))))
    assert [line[0] for line in lines[1:]] == ["'=a_source", "'=a_target"]
    assert lines[2][1] == "-0.25"
