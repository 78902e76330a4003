"""Plots that stand in a page."""

from __future__ import annotations

import itertools
import math
import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from vivant.errors import MissingExtra
from vivant.studies.report import plots
from vivant.studies.report.parts import Plot, Series

WORDS = [Series("mesh", ["face", "body"], [1.0, 2.0], [0.5, None], [1.5, 2.5])]
NUMBERS = [
    Series("mesh", [1, 2, 3], [1.0, math.nan, math.inf]),
    Series("b", [1, 2, 3], [0, 1, None]),
]


def drawn(kind: str, series: list[Series], name: str = "p") -> str:
    pytest.importorskip("matplotlib")
    return plots.svg(Plot("Title", kind, "x", "y", series, "What it says."), name=name)


@pytest.mark.parametrize("kind", ["bars", "lines", "points"])
@pytest.mark.parametrize("series", [WORDS, NUMBERS, WORDS * 2, [Series("none", [], [])], []])
def test_every_kind_is_drawn_as_one_whole_element(kind, series):
    root = ET.fromstring(drawn(kind, series).replace("xlink:", ""))
    assert root.tag == "svg"
    assert root.get("aria-label") == "Title. What it says."


def test_names_stay_text_and_are_not_read_as_markup_or_formulas():
    text = drawn(
        "bars",
        [Series("_s", ['<b a="url(#x)">', "$x$", "顔"], [1, 2, 3]), Series("t", ["$x$"], [1])],
    )
    assert '&lt;b a="url(#x)"&gt;' in text.replace("&quot;", '"')
    assert {"$x$", "顔", "_s"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", text))


def test_long_names_are_cut_and_stand_at_the_left():
    names = [f"a very long name of a category, that has no end, the {n}th" for n in range(8)]
    text = drawn("bars", [Series("s", names, range(8))])
    assert "a very long name of a category, t…" in text
    ends = re.findall(r"text-anchor: end[^>]*>a very", text)
    assert len(ends) == 8


def test_two_plots_of_a_page_share_no_ids_and_each_finds_its_own():
    first, second = drawn("points", NUMBERS, "a"), drawn("points", NUMBERS, "b")
    ids = [set(re.findall(r'\bid="([^"]*)"', text)) for text in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', first)
    assert used
    assert {a or b for a, b in used} <= ids[0]


def test_the_same_plot_is_the_same_text():
    assert drawn("lines", NUMBERS) == drawn("lines", NUMBERS)


def test_ink_grid_and_series_take_the_colours_of_the_page():
    text = drawn("lines", NUMBERS)
    assert "currentColor" in text
    assert "var(--series-1, #0b62a8)" in text
    assert "var(--series-2, " in text
    assert "var(--line, " in text
    assert "#0102" not in text
    assert "<style" not in text


def test_drawing_leaves_the_settings_of_others_alone():
    matplotlib = pytest.importorskip("matplotlib")
    before = dict(matplotlib.rcParams)
    drawn("bars", WORDS)
    assert dict(matplotlib.rcParams) == before


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vivant\[eval\]'"):
        plots.svg(Plot("t", "bars", "", "", []))


def channels(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    light, dark = sorted((channels(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("colours", "paper"), [(plots.LIGHT, "#fcfbf9"), (plots.DARK, "#14181b")])
def test_each_series_stands_out_from_the_page(colours, paper):
    assert all(contrast(colour, paper) >= 3 for colour in colours)  # WCAG 1.4.11


# Severity 1 in linear RGB: Machado, Oliveira & Fernandes 2009, doi:10.1109/TVCG.2009.113.
PROTAN = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
DEUTAN = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]


def lab(linear: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = xyz @ np.clip(linear, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("colours", [plots.LIGHT, plots.DARK])
@pytest.mark.parametrize("sight", [np.eye(3), PROTAN, DEUTAN])
def test_the_first_five_series_differ_for_people_who_see_no_red_or_no_green(colours, sight):
    seen = [lab(np.array(sight) @ channels(colour)) for colour in colours[:5]]
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(a - b) > 15, (colours, a, b)
