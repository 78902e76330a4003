"""A report's tables as LaTeX."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from vivant.studies.report.latex import escaped, latex, table
from vivant.studies.report.parts import Interval, Table, Text
from vivant.studies.report.standard import standard


def row(*cells: object) -> str:
    heads = [str(place) for place in range(len(cells))]
    lines = table(Table("t", heads, [cells])).splitlines()
    return lines[lines.index(r"\midrule") + 1]


def test_an_interval_as_wide_to_both_sides_is_written_with_plus_minus():
    assert row("a", Interval(value=0.5, low=0.4, high=0.6)) == r"a & $0.500 \pm 0.100$ \\"


def test_another_interval_has_its_ends_in_brackets():
    assert (
        row("a", Interval(value=-0.5, low=-0.9, high=0.1)) == r"a & $-0.500$ [$-0.900$, $0.100$] \\"
    )


def test_what_is_missing_is_a_dash_and_words_are_escaped():
    assert row(None, "50 % of a_b & c #1 $ {x}") == r"-- & 50 \% of a\_b \& c \#1 \$ \{x\} \\"


def test_the_best_is_bold():
    text = table(Table("t", ["m", "l1"], [["a", 1.0], ["b", 2.0]], higher_is_better={"l1": False}))
    assert r"a & {\boldmath\textbf{$1.00$}} \\" in text
    assert r"l1 $\downarrow$" in text


def test_no_letter_gets_through_that_means_something_to_latex():
    words = escaped('\\input{/etc/passwd} ~^"<>|')
    assert r"\input" not in words
    assert not re.search(r"(?<!\\)[{}$&#_%~^](?!})", words.replace("{}", "").replace(r"\text", ""))


def test_only_short_tables_are_written():
    parts = [
        Text("x", ["y"]),
        Table("Long", ["a"], [[1]], folded=True),
        Table("Short", ["a"], [[1]]),
    ]
    text = latex(parts)
    assert text.count(r"\begin{tabular}") == 1
    assert r"\label{tab:short}" in text


def test_a_whole_report_is_set_by_latex(plain, own, tmp_path):
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("needs pdflatex")
    plain["title"] = plain["rows"][3]["clip"] = "plain letters alone"
    for failed in (*plain["failed"], *plain["inputs"]):
        failed.update(dict.fromkeys(failed, "a_b \\input{x} <y> 50 % ~^ # $"))
    before = r"\documentclass{article}\usepackage{booktabs}\usepackage[T1]{fontenc}\begin{document}"
    text = before + latex(standard(plain)) + r"\end{document}"
    (tmp_path / "all.tex").write_text(text, encoding="utf-8")
    call = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    done = subprocess.run(
        call, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
