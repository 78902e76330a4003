"""What the study of suitability shows: a chart a question, conclusions, what others found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vivant.studies.report.parts import Interval, Part, Plot, Series, Table, Text
from vivant.studies.study import Done
from vivant.studies.suitability import rubric
from vivant.studies.suitability.answers import BASE, answers, conclusions

_TITLES: Final = {
    "size": "How large the face is",
    "position": "Where the face is",
    "subject": "What the portrait shows",
    "mouth": "What the portrait's mouth does",
}
_POINTS: Final = "points of 10"
_FOUND: Final = {
    ("size", "only the features"): "eyes and lips move in part; features move, not the head",
    ("size", "larger"): "eyes, lips and teeth right, movement natural",
    ("size", "same"): "eyes, lips and teeth right, movement natural",
    ("size", "smaller"): "pupils unnatural, lips uncertain, teeth blurred, squeezed, not turned",
    ("size", "much smaller"): "eyes taken for background, no lips found, less natural still",
    ("position", "centre"): "eyes, lips and teeth right, movement natural",
    ("position", "left"): "as in the centre, but squeezed at the edge",
    ("position", "right"): "as in the centre",
    ("position", "top"): "as in the centre",
    ("position", "top, cut above the eyes"): "pupils stand still, lips right, squeezed at the edge",
    ("subject", "photo"): "eyes, lips and teeth right, movement natural",
    ("subject", "painting"): "as a photo, teeth less natural",
    ("subject", "animal"): "monkey, llama: right; dog: mouth taken too wide; ray: lips only",
    ("mouth", "slightly open, dark"): "best",
    ("mouth", "closed"): "second",
    ("mouth", "slightly open, teeth"): "third",
    ("mouth", "open, teeth"): "worst: teeth are not told from the lips",
}
"""What github.com/dldyou2/opensw23-E1I3 saw on twenty clips of FOMM, in short; others not tried."""


def metrics() -> dict[str, dict[str, Any]]:
    """Return what rows may hold."""
    told = {
        "score": (_POINTS, True, "Eyes, mouth and outline together, by the rubric."),
        "eyes": (_POINTS, True, "Lids and pupils follow the driver's."),
        "mouth": (_POINTS, True, "Lips follow, and teeth and dark show as the driver's do."),
        "outline": (_POINTS, True, "The head moves and turns as the driver's does, unsqueezed."),
        "squeeze": ("log", False, "How much narrower or shorter the face became than it should."),
        "lost": ("share", False, "Share of drawn frames in which no face is found."),
        "csim": ("-1..1", True, "Cosine of the drawn frames' identity with the portrait's, SFace."),
        "advice": (_POINTS, None, "What vivant inspect says of the picture before it is driven."),
    }
    return {
        name: {"unit": unit, "higher_is_better": higher, "about": about}
        for name, (unit, higher, about) in told.items()
    }


def extra(done: Sequence[Done], labels: Sequence[str]) -> dict[str, Any]:
    """Return, for each method, the answers and what is concluded from them."""
    found = {}
    for label in labels:
        rows = [row for one in done for row in one.outcome.rows if row["engine"] == label]
        told = answers(rows)
        found[label] = {"answers": told, "conclusions": conclusions(rows, told)}
    return found


def parts(plain: Mapping[str, Any]) -> list[Part]:
    """Return the parts of the report.

    Args:
        plain: what `results.json` holds.
    """
    found: list[Part] = [_done(plain)]
    several = len(plain["extra"]) > 1
    for label, told in plain["extra"].items():
        of = f": {label}" if several else ""
        found.append(Text(f"What is concluded{of}", told["conclusions"]))
        found += [_chart(question, own, of) for question, own in told["answers"].items() if own]
        found += [_criteria(told["answers"], of), _beside(told["answers"], of)]
        found += _refused(plain, label, of)
    return [*found, _rubric()]


def _done(plain: Mapping[str, Any]) -> Text:
    settings = plain["settings"]
    drivers = [one["name"] for one in plain["inputs"] if one["kind"] == "driver"]
    what = (
        f"Each portrait is placed in a picture of {settings['size']} pixels: for size and position "
        f"at different sizes and places, else as large as the driver's face, in the middle. What "
        f"it lacks there is continued from its edge, blurred. The first {settings['frames']} "
        f"frames of each driver drive it ({', '.join(drivers)}: those that move everything "
        f"that is asked for the most); the change since the driver's calmest frame is carried "
        f"over."
    )
    how = (
        "The points are given by the rubric below, from landmarks and scores of the tracker that "
        "also drives: it is no second opinion, and what it does not see is not punished. The "
        "intervals are over people. Charts show the total and its three parts."
    )
    return Text("What was done", [what, how])


def _chart(question: str, own: Mapping[str, Any], of: str) -> Plot:
    names = list(own)
    series = [
        Series(
            part,
            names,
            [own[name].get(part, {}).get("mean") for name in names],
            [own[name].get(part, {}).get("low") for name in names],
            [own[name].get(part, {}).get("high") for name in names],
        )
        for part in ("score", *rubric.PARTS)
    ]
    counts = ", ".join(f"{name} {own[name]['portraits']}" for name in names)
    return Plot(f"{_TITLES[question]}{of}", "bars", question, _POINTS, series,
                f"Portraits: {counts}. Lines are 95 % intervals.")  # fmt: skip


def _criteria(found: Mapping[str, Any], of: str) -> Table:
    names = [name for criteria in rubric.PARTS.values() for name in criteria]
    rows = [
        [question, answer, told["portraits"], told["face"], told["refused"],
         *(told["criteria"].get(name) for name in names)]
        for question, own in found.items()
        for answer, told in own.items()
    ]  # fmt: skip
    heads = ["question", "answer", "portraits", "face, px", "refused", *names]
    digits = {"face, px": 0} | dict.fromkeys(names, 2)
    return Table(f"Mean points of each criterion, of 2{of}", heads, rows, digits=digits)


def _beside(found: Mapping[str, Any], of: str) -> Table:
    rows = []
    for question, own in found.items():
        for answer, told in own.items():
            score, against = told["score"], told["against"]
            rows.append([
                question, answer, _FOUND.get((question, answer), "not tried"),
                Interval(value=score["mean"], low=score["low"], high=score["high"]),
                None if against is None else Interval(
                    value=against["difference"], low=against["low"], high=against["high"]),
                f"(base: {BASE[question]})" if against is None else against["verdict"],
            ])  # fmt: skip
    heads = ["question", "answer", "found by others, by eye", "ours, of 10",
             "against the base", "told apart"]  # fmt: skip
    note = (
        "Others: github.com/dldyou2/opensw23-E1I3, one engine (FOMM), twenty clips, judged by eye; "
        "their charts show no numbers. Theirs and ours use other engines and pictures: what can "
        "be compared is the order, not the points."
    )
    return Table(f"Beside what others found{of}", heads, rows, note,
                 {"ours, of 10": 1, "against the base": 1})  # fmt: skip


def _refused(plain: Mapping[str, Any], label: str, of: str) -> list[Part]:
    rows = [
        [row["portrait"], row["driver"], row["key"].rsplit("--", 1)[-1], row["problem"]]
        for row in plain["rows"]
        if row["engine"] == label and row["problem"]
    ]
    heads = ["portrait", "driver", "place", "why"]
    return [Table(f"What could not be animated: 0 points{of}", heads, rows)] if rows else []


def _rubric() -> Table:
    well, partly = rubric.WELL, rubric.PARTLY
    follows = f"correlation ≥ {well[0]}, slope {well[1]} to {rubric.TOO_MUCH:g}"
    little = f"correlation ≥ {partly[0]}, slope ≥ {partly[1]}"
    inside = [
        f"lips ≥ {opens} times as far apart, teeth within {teeth} of the gap"
        for opens, teeth in zip(rubric.OPENS, rubric.TEETH, strict=True)
    ]
    rows = [
        ["eyes", "lids", "opening of the lids follows", follows, little],
        ["eyes", "pupils", "gaze follows; animals: the lids again", follows, little],
        ["mouth", "lips", "gap between the lips follows", follows, little],
        ["mouth", "inside", "teeth and dark show as the driver's", inside[0], inside[1]],
        ["outline", "movement", "the outline's movement follows", follows +
         f", squeeze ≤ {rubric.SQUEEZED[0]}", little + f", squeeze ≤ {rubric.SQUEEZED[1]}"],
        ["outline", "rotation", "the head's turn follows", follows, little],
    ]  # fmt: skip
    note = (
        "What the driver does not move is not asked. Parts count alike and are scaled to 10. "
        f"A portrait whose identity drops under {rubric.STRANGER} (SFace) loses a point of "
        f"movement; one whose face is lost in {rubric.LOST:.0%} of the frames gets 0."
    )
    return Table("The rubric", ["part", "criterion", "what", "2 points", "1 point"], rows, note)
