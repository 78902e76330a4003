"""One HTML file that shows a whole study, with nothing outside of it.

Its security policy forbids every load: pictures and plots are inside, the only
program that may run is ours, known by its hash. Without programs it reads as well,
only tables do not sort.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from string import Template
from typing import Any, Final

from vivant.studies.report import plots
from vivant.studies.report.body import BEST, arrow, body, said, value_and_interval
from vivant.studies.report.parts import Part, Plot
from vivant.studies.report.standard import decided, interval, key_metrics

_KEY_NUMBERS: Final = 6
_SERIES: Final = len(plots.LIGHT)


def page(plain: Mapping[str, Any], parts: Sequence[Part]) -> str:
    """Return a report as one HTML document.

    Args:
        plain: what `results.json` holds; the header tells its title, engines, date and
            first metrics.
        parts: what follows, in this order; each becomes a section with its heading.
    """
    script = _file("page.js")
    names = _anchors([part.title for part in parts])
    title = str(plain.get("title") or f"Study: {plain.get('study', '')}")
    colours = plots.variables()
    style = Template(_file("page.css")).substitute(
        series_light=colours["light"], series_dark=colours["dark"]
    )
    return Template(_file("page.html")).substitute(
        title=said(title),
        policy=policy(script),
        style=style,
        script=script,
        header=_header(plain),
        contents=_contents(parts, names),
        sections=_sections(parts, names),
        made=_made(plain),
    )


def policy(script: str, media: str = "data:") -> str:
    """Return the Content-Security-Policy of a page whose only program is `script`.

    Args:
        script: the program, letter by letter.
        media: from where pictures and videos may come.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src {media}; media-src {media}; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _file(name: str) -> str:
    return (files("vivant.studies.report") / name).read_text(encoding="utf-8")


def _header(plain: Mapping[str, Any]) -> str:
    """Return who was measured, and the key numbers."""
    engines = plain.get("engines") or ()
    chips = "".join(
        f'<li><span class="dot" style="background:{_colour(index)}"></span>'
        f"{said(engine.get('label', engine.get('name', '')))}</li>"
        for index, engine in enumerate(engines)
    )
    counts = _counts(plain)
    return (
        (f'<ul class="chips" aria-label="Measured">{chips}</ul>' if chips else "")
        + (f'<p class="counts">{said(counts)}</p>' if counts else "")
        + _key_numbers(plain)
    )


def _counts(plain: Mapping[str, Any]) -> str:
    inputs = plain.get("inputs") or ()
    people = {item.get("identity") for item in inputs} - {None, ""}
    told = [
        (len(inputs), "input"),
        (len(people), "identity"),
        (len(plain.get("rows") or ()), "row"),
    ]
    told.append((len(plain.get("failed") or ()), "failure"))
    words = [f"{count} {word if count == 1 else _plural(word)}" for count, word in told if count]
    return ", ".join(words)


def _plural(word: str) -> str:
    return "identities" if word == "identity" else f"{word}s"


def _key_numbers(plain: Mapping[str, Any]) -> str:
    summary: Mapping[str, Mapping[str, Any]] = plain.get("summary") or {}
    metrics: Mapping[str, Mapping[str, Any]] = plain.get("metrics") or {}
    sure = decided(plain)
    cards = "".join(
        _card(name, metrics[name], summary, name in sure)
        for name in key_metrics(plain, _KEY_NUMBERS)
    )
    return f'<h2 class="heard">Key numbers</h2><ul class="cards">{cards}</ul>' if cards else ""


def _card(
    name: str, metric: Mapping[str, Any], summary: Mapping[str, Mapping[str, Any]], sure: bool
) -> str:
    found = {label: cell for label, all_ in summary.items() if (cell := interval(all_.get(name)))}
    higher = metric.get("higher_is_better")
    values = [cell.value for cell in found.values()]
    judged = sure and higher is not None and len(set(values)) > 1
    top = (max if higher else min)(values) if judged else None
    order = list(summary)
    lines = "".join(
        f"<li{' class=best' if cell.value == top else ''}>"
        f'<span class="dot" style="background:{_colour(order.index(label))}"></span>'
        f'<span class="who">{said(label)}</span> <span class="value">{value_and_interval(cell)}'
        f"{BEST if cell.value == top else ''}</span></li>"
        for label, cell in found.items()
    )
    unit = str(metric.get("unit") or "")
    return (
        f'<li class="card"><p class="name">{said(name)}{arrow(higher)}'
        f'<span class="unit">{said(unit)}</span></p><ul>{lines}</ul></li>'
    )


def _contents(parts: Sequence[Part], names: Sequence[str]) -> str:
    return "".join(
        f'<li><a href="#{name}">{said(part.title)}</a></li>'
        for part, name in zip(parts, names, strict=True)
    )


def _sections(parts: Sequence[Part], names: Sequence[str]) -> str:
    """Return all parts; plots that follow one another stand side by side where there is room."""
    shown = []
    pairs = zip(parts, names, strict=True)
    for is_plot, group in groupby(pairs, key=lambda pair: isinstance(pair[0], Plot)):
        inner = "\n".join(
            f'<section id="{name}" aria-labelledby="{name}-title">'
            f'<h2 id="{name}-title">{said(part.title)}</h2>\n{body(part, name)}</section>'
            for part, name in group
        )
        shown.append(f'<div class="plots">{inner}</div>' if is_plot else inner)
    return "\n".join(shown)


def _anchors(titles: Sequence[str]) -> list[str]:
    """Return a name for each heading, no two the same, made of plain letters.

    >>> _anchors(["The worst", "The worst", "<script>"])
    ['the-worst', 'the-worst-2', 'script']
    """
    found: list[str] = []
    for title in titles:
        plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "part"
        name, count = plain, 1
        while name in found or name == "top":
            count += 1
            name = f"{plain}-{count}"
        found.append(name)
    return found


def _made(plain: Mapping[str, Any]) -> str:
    taken = str((plain.get("machine") or {}).get("taken", ""))[:10]
    words = [f"vivant {plain['vivant']}" if plain.get("vivant") else "vivant", taken]
    return " · ".join(said(word) for word in words if word)


def _colour(index: int) -> str:
    return f"var(--series-{index % _SERIES + 1})"
