"""Plots as inline SVG, by matplotlib, in the colours of the page they stand in.

Text stays text; ink and grid take the page's colours, so that one picture reads in
light, in dark and on paper. The series' colours are told apart by people who see no
red or no green, and markers differ too.
"""

from __future__ import annotations

import html
import io
import math
import re
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from vivant.errors import MissingExtra
from vivant.studies.report.parts import Plot, Series, clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIGHT: Final = ("#0b62a8", "#c4580c", "#3f9e8f", "#5a1846", "#9a7fd1", "#24323b", "#c2477f")
"""Colours of series on light paper; the first engine has the first in every plot."""
DARK: Final = ("#6db6f2", "#f0a35e", "#54d6be", "#b8606f", "#8e6bf5", "#dfe4e8", "#f6ee8a")
"""The same series on a dark page."""

ADVICE: Final = "Plots need matplotlib: pip install 'vivant[eval]'."

_INK, _GRID = "#010203", "#040506"
_SERIES: Final = tuple(f"#07080{index}" for index in range(len(LIGHT)))
_MARKERS: Final = "os^DvPX"
_DASHES: Final = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vivant",
    "text.parse_math": False,
    "font.size": 9.5,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _GRID,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "axes.unicode_minus": True,
}
_WIDTH: Final = 4.7
_LONGEST: Final = 34
"""Letters of a name that are shown."""
_ROOM: Final = 34
"""Letters that find room below the axis; more, and names stand at the left."""


def available() -> bool:
    """Say whether plots can be drawn here."""
    return find_spec("matplotlib") is not None


def svg(plot: Plot, *, name: str = "plot") -> str:
    """Draw a plot as an `<svg>` element to stand in a page.

    Words on x make categories: bars, dots with whiskers where there are intervals,
    clouds where there are none; many or long names stand at the left.

    Args:
        plot: what is drawn; values that are None or not finite leave a gap.
        name: what its ids begin with, so that plots of one page do not collide.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(ADVICE) from error
    names = categories(plot)
    across = plot.kind != "lines" and (
        sum(len(name) + 2 for name in names) > _ROOM or _is_forest(plot, names)
    )
    text = io.StringIO()
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that its own font lacks are the page's to draw
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=(_WIDTH, _height(plot, names, across)), layout="constrained")
        axes = figure.add_subplot()
        _fill(axes, plot, names, across)
        handles, labels = _legend(axes, plot)
        if handles:
            figure.legend(handles, labels, loc="outside upper left", ncols=min(3, len(handles)))
        figure.savefig(
            text,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    return _embedded(text.getvalue(), plot, name)


def categories(plot: Plot) -> list[str]:
    """Return the words on a plot's x, each once; none where x are numbers.

    >>> categories(Plot("", "bars", "", "", [Series("a", ["x", "y"], [1, 2])]))
    ['x', 'y']
    """
    words = [str(x) for series in plot.series for x in series.x]
    numbers = all(isinstance(x, int | float) for series in plot.series for x in series.x)
    return [] if numbers and plot.kind != "bars" else list(dict.fromkeys(words))


def _is_forest(plot: Plot, names: Sequence[str]) -> bool:
    """Say whether a plot is one row of dots with whiskers: these are read from the left."""
    one = plot.kind == "points" and bool(names) and len(plot.series) == 1
    return one and plot.series[0].low is not None


def _height(plot: Plot, names: Sequence[str], across: bool) -> float:
    if not across:
        return 3.1
    rows = len(names) * (len(plot.series) if plot.kind == "bars" else 1)
    return 0.9 + 0.19 * rows + 0.05 * len(names)


def _fill(axes: Axes, plot: Plot, names: Sequence[str], across: bool) -> None:
    """Draw all series and name the axes."""
    places = {name: place for place, name in enumerate(names)}
    for index, series in enumerate(plot.series):
        at = [float(places[str(x)]) if places else float(x) for x in series.x]
        if plot.kind == "bars":
            _bars(axes, series, at, (index, len(plot.series)), across)
        elif plot.kind == "lines":
            _line(axes, series, at, index)
        elif places and series.low is not None:
            _whiskers(axes, series, at, across)
        else:
            _cloud(axes, series, at, index, bool(places), across)
    value, other = (axes.xaxis, axes.yaxis) if across else (axes.yaxis, axes.xaxis)
    value.set_label_text(textwrap.fill(clean(plot.y_label), 34 if across else 44))
    other.set_label_text(textwrap.fill(clean(plot.x_label), 52))
    if places:
        other.set_ticks(range(len(names)), [_short(name) for name in names])
        other.grid(visible=False)
        axes.set_ylim(len(names) - 0.4, -0.6) if across else axes.set_xlim(-0.6, len(names) - 0.4)
    _zero(axes, plot, across)


def _zero(axes: Axes, plot: Plot, across: bool) -> None:
    """Draw the line of nothing where values lie on both sides of it."""
    found = [
        value
        for series in plot.series
        for values in (series.y, series.low or (), series.high or ())
        for value in _finite(values)
    ]
    if min(found, default=0) < 0 < max(found, default=0):
        (axes.axvline if across else axes.axhline)(0, color=_INK, linewidth=0.9)


def _bars(
    axes: Axes, series: Series, at: Sequence[float], part: tuple[int, int], across: bool
) -> None:
    index, count = part
    thick = 0.78 / count
    places = [place + (index - (count - 1) / 2) * thick for place in at]
    draw = axes.barh if across else axes.bar
    draw(places, _finite(series.y), thick * 0.9, color=_colour(index), label=series.name)
    _errors(axes, series, places, across, _INK)


def _errors(axes: Axes, series: Series, places: Sequence[float], across: bool, colour: str) -> None:
    if series.low is None or series.high is None:
        return
    y, low, high = _finite(series.y), _finite(series.low), _finite(series.high)
    below = [max(0.0, value - end) for value, end in zip(y, low, strict=True)]
    above = [max(0.0, end - value) for value, end in zip(y, high, strict=True)]
    style: dict[str, Any] = {"fmt": "none", "ecolor": colour, "elinewidth": 1.2, "capsize": 2.5}
    if across:
        axes.errorbar(y, places, xerr=[below, above], **style)
    else:
        axes.errorbar(places, y, yerr=[below, above], **style)


def _whiskers(axes: Axes, series: Series, at: Sequence[float], across: bool) -> None:
    """Draw each value as a dot with its interval, in ink: it may stand over clouds."""
    _errors(axes, series, at, across, _INK)
    y = _finite(series.y)
    axes.plot(
        *((y, at) if across else (at, y)), linestyle="none", marker="D", markersize=5,
        color=_INK, label=series.name, zorder=3,
    )  # fmt: skip


def _cloud(
    axes: Axes, series: Series, at: Sequence[float], index: int, spread: bool, across: bool
) -> None:
    """Draw each value as a pale dot; those of one word lie beside one another."""
    # Steps of the golden ratio fill the width evenly and are the same every time.
    shift = [(count * 0.618034 % 1 - 0.5) * 0.55 * spread for count in range(len(at))]
    places = [place + by for place, by in zip(at, shift, strict=True)]
    y = _finite(series.y)
    axes.plot(
        *((y, places) if across else (places, y)), linestyle="none", marker=_MARKERS[index % 7],
        markersize=5, alpha=0.65, markeredgewidth=0, color=_colour(index), label=series.name,
    )  # fmt: skip


def _line(axes: Axes, series: Series, at: Sequence[float], index: int) -> None:
    colour = _colour(index)
    axes.plot(
        at, _finite(series.y), color=colour, linewidth=1.7, linestyle=_DASHES[index % 4],
        marker=_MARKERS[index % 7] if len(at) <= 40 else None, markersize=4, label=series.name,
    )  # fmt: skip
    if series.low is not None and series.high is not None:
        low, high = _finite(series.low), _finite(series.high)
        axes.fill_between(at, low, high, color=colour, alpha=0.16, linewidth=0)


def _legend(axes: Axes, plot: Plot) -> tuple[list[Any], list[str]]:
    """Return what must be told of the colours: series that the axis does not name already."""
    if len(plot.series) < 2:
        return [], []
    told = {series.name for series in plot.series if set(map(str, series.x)) <= {series.name}}
    items: list[Any] = [*axes.get_lines(), *axes.containers]
    drawn = {str(item.get_label()): item for item in items}
    names = [series.name for series in plot.series if series.name not in told]
    return [drawn[name] for name in names], [_short(name) for name in names]


def _embedded(text: str, plot: Plot, name: str) -> str:
    """Return matplotlib's document as an element whose ids and colours fit the page."""
    text = text[text.index("<svg") :]
    box = re.search(r'viewBox="[^"]*"', text)
    inside = text[text.index(">") + 1 :].strip()
    inside = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", inside, flags=re.DOTALL)
    # Tags alone: what stands between them may be somebody's file name.
    inside = re.sub(r"<[^<>]*>", lambda tag: _tag(tag.group(), name), inside)
    label = html.escape(clean(f"{plot.title}. {plot.note}".strip()))
    return f'<svg role="img" aria-label="{label}" {box.group() if box else ""}>{inside}'


def _tag(tag: str, name: str) -> str:
    tag = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", tag)
    for index, (mine, paper) in enumerate(zip(_SERIES, LIGHT, strict=True), start=1):
        tag = tag.replace(mine, f"var(--series-{index}, {paper})")
    tag = tag.replace(_INK, "currentColor").replace(_GRID, "var(--line, #d9d9d9)")
    return re.sub(r"'DejaVu Sans'[^;\"]*", "sans-serif", tag)


def _finite(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None or not math.isfinite(value) else value for value in values]


def _colour(index: int) -> str:
    return _SERIES[index % len(_SERIES)]


def _short(name: str) -> str:
    name = clean(name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def variables() -> Mapping[str, str]:
    """Return the CSS that gives the series their colours: "light" and "dark" to declarations."""
    return {
        mode: " ".join(f"--series-{index}: {colour};" for index, colour in enumerate(colours, 1))
        for mode, colours in (("light", LIGHT), ("dark", DARK))
    }
