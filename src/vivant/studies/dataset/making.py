"""Makes a data set: originals as they are, results marked and signed as any that vivant makes.

    originals/    the portraits and drivers that were used, byte for byte, credentials and all
    generated/    one folder an engine; each file labelled, watermarked and signed
    labels.csv    one row a file; written when everything is there
    README.md     what is in it, what it is good for, and what not

What is done is noted in `made.jsonl`, so that a stopped run goes on.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from vivant.animation.file import animate_file
from vivant.errors import AskedWrongly, PathRefused, VivantError
from vivant.marks import sha256_of
from vivant.marks.formats import sidecars
from vivant.media.beside import beside
from vivant.studies import clips, inputs
from vivant.studies.cells import harmless
from vivant.studies.dataset import datasheet, parting
from vivant.studies.dataset.settings import DatasetSettings
from vivant.studies.inputs import Item
from vivant.studies.journal import named
from vivant.studies.study import Method
from vivant.studies.work import program

OnProgress = Callable[[int, int, str], None]

COLUMNS: Final = (
    "file", "label", "engine", "part", "identity", "source", "driver", "driver_identity",
    "frames", "label_boxes", "sha256", "rights", "licence", "origin",
)  # fmt: skip
"""Of `labels.csv`; the data sheet says what they mean."""
_BY_OTHERS: Final = "generated"
"""The rights, in a manifest, of what another program has made: that is no original."""
_ASKED, _MADE, _LABELS = "asked.json", "made.jsonl", "labels.csv"


@dataclass(frozen=True, slots=True)
class Dataset:
    """What was made."""

    folder: Path
    originals: int
    generated: int
    failed: tuple[tuple[str, str], ...]
    """File to why it could not be made."""


def make(
    portraits: Path,
    drivers: Path,
    methods: Sequence[Method],
    out: Path,
    settings: DatasetSettings | None = None,
    *,
    consent: str | None = None,
    on_progress: OnProgress | None = None,
) -> Dataset:
    """Make a data set, or go on making it.

    Args:
        portraits: folder or manifest.
        drivers: folder or manifest.
        methods: who draws.
        out: folder of the set; a new or an empty one, or one that the same request began.
        settings: how much, and how it is parted.
        consent: why these portraits may be animated; counts for all of them.
        on_progress: told after each file.

    Raises:
        AskedWrongly: `out` holds something else, or nobody said why the portraits may be animated.
        PathRefused: a folder is missing or holds nothing that is wanted, or `out` cannot be
            written to.
    """
    asked = settings or DatasetSettings()
    sitters = inputs.find(portraits, clips.PICTURES, "portrait")
    performers = inputs.find(drivers, clips.VIDEOS, "clip")
    part_of = parting.parts(sitters, performers, asked.test, asked.seed)
    pairs = parting.chosen(sitters, performers, part_of, asked.most, asked.seed)
    _begin(out, {
        "pairs": [f"{portrait.name}--{driver.name}" for portrait, driver in pairs],
        "methods": [method.plain() for method in methods],
        "settings": asdict(asked),
        "program": program(),
    })  # fmt: skip
    work = _Work(out, part_of, asked, consent, _made(out / _MADE))
    total, done = len(pairs) * (len(methods) + 1), 0
    for portrait, driver in pairs:
        for method in (None, *methods):
            if method is None:
                work.keep(portrait, "portraits")
                work.keep(driver, "drivers")
            else:
                work.draw(portrait, driver, method)
            done += 1
            if on_progress is not None:
                by = "originals" if method is None else method.label
                on_progress(done, total, f"{portrait.name}--{driver.name}: {by}")
    return work.finish(methods)


class _Work:
    """One data set in the making."""

    def __init__(
        self,
        out: Path,
        part_of: Mapping[str, str],
        settings: DatasetSettings,
        consent: str | None,
        made: dict[str, dict[str, Any]],
    ) -> None:
        self.out, self.part_of, self.settings = out, part_of, settings
        self.consent, self.made = consent, made
        self.rows: dict[str, dict[str, Any]] = {}
        self.failed: list[tuple[str, str]] = []

    def keep(self, item: Item, kind: str) -> str:
        """Copy an original, and credentials that lie beside it; return its path in the set."""
        file = f"originals/{kind}/{named(item.name)}{item.path.suffix.lower()}"
        if file in self.rows:
            return file
        row = self.made.get(file)
        if row is None:
            with beside(self.out / file) as place:
                shutil.copyfile(item.path, place)
            for note in sidecars(item.path):
                if note.is_file():
                    shutil.copyfile(note, self.out / f"{file}{note.suffix}")
            by_others = item.rights == _BY_OTHERS
            row = self._note(file, {
                "label": "generated" if by_others else "original",
                "engine": "another program" if by_others else "",
                "part": self.part_of[item.identity], "identity": item.identity,
                "rights": item.rights, "licence": item.licence, "origin": item.origin,
            })  # fmt: skip
        self.rows[file] = row
        return file

    def draw(self, portrait: Item, driver: Item, method: Method) -> None:
        """Make one result; one that cannot be made is told, and does not stop the others."""
        file = f"generated/{named(method.label)}/{named(f'{portrait.name}--{driver.name}')}.mp4"
        row = self.made.get(file)
        if row is None:
            try:
                report = animate_file(
                    portrait.path, driver.path, self.out / file, engine=method.name,
                    engine_settings=dict(method.settings), consent=self.consent,
                    end=Fraction(self.settings.seconds),
                )  # fmt: skip
            except AskedWrongly:
                raise
            except VivantError as error:
                self.failed.append((file, str(error)))
                return
            boxes = [f"{frame}:{','.join(map(str, box))}" for frame, box in report.labels]
            row = self._note(file, {
                "label": "generated", "engine": method.label,
                "part": self.part_of[portrait.identity], "identity": portrait.identity,
                "source": self.keep(portrait, "portraits"), "driver": self.keep(driver, "drivers"),
                "driver_identity": driver.identity, "frames": report.frames,
                "label_boxes": " ".join(boxes), "rights": portrait.rights,
                "licence": portrait.licence, "origin": portrait.origin,
            })  # fmt: skip
        self.rows[file] = row

    def _note(self, file: str, told: dict[str, Any]) -> dict[str, Any]:
        """Note that a file is there."""
        row = {"file": file, **told, "sha256": sha256_of(self.out / file)}
        with (self.out / _MADE).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(row) + "\n")
        return row

    def finish(self, methods: Sequence[Method]) -> Dataset:
        """Write the labels and the data sheet."""
        rows = sorted(self.rows.values(), key=lambda row: (row["file"].split("/")[0], row["file"]))
        rows.sort(key=lambda row: row["file"].startswith("generated"))
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
        sheet = datasheet.written(rows, methods, self.settings, self.failed, self.consent)
        for name, text in (("README.md", sheet), (_LABELS, table.getvalue())):
            with beside(self.out / name) as place:
                place.write_text(text, encoding="utf-8")
        drawn = sum(row["file"].startswith("generated/") for row in rows)
        return Dataset(self.out, len(rows) - drawn, drawn, tuple(self.failed))


def _begin(out: Path, asked: dict[str, Any]) -> None:
    """Make the folders, or see that what is there was asked for in the same way."""
    told = json.dumps(asked, indent=1, sort_keys=True) + "\n"
    note = out / _ASKED
    try:
        if note.exists():
            if note.read_text(encoding="utf-8") != told:
                raise AskedWrongly(
                    f"{out} holds another data set (other pairs, settings or program); name "
                    f"another folder with --out."
                )
        elif out.exists() and any(out.iterdir()):
            raise AskedWrongly(f"{out} is not empty; a data set wants a folder of its own.")
        folders = [f"generated/{named(method['label'])}" for method in asked["methods"]]
        for folder in ("originals/portraits", "originals/drivers", *folders):
            (out / folder).mkdir(parents=True, exist_ok=True)
        with beside(note) as place:
            place.write_text(told, encoding="utf-8")
    except OSError as error:
        raise PathRefused(f"{out}: cannot write the data set: {error.strerror}.") from error


def _made(notes: Path) -> dict[str, dict[str, Any]]:
    """Return what is noted and still is as it was noted; a line cut off counts for nothing."""
    found: dict[str, dict[str, Any]] = {}
    if not notes.exists():
        return found
    for line in notes.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        file = notes.parent / row["file"]
        if file.is_file() and sha256_of(file) == row["sha256"]:
            found[row["file"]] = row
    return found
