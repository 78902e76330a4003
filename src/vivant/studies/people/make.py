"""Writing a study for people: a folder to hand out, and beside it the key to who is who."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from vivant.errors import DiskFull, PathRefused
from vivant.studies.people.plan import Plan, planned
from vivant.studies.people.settings import MakeSettings
from vivant.studies.report.body import said
from vivant.studies.report.page import policy

_ENOSPC = 28


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    page: Path
    """The file that people open; its folder is what they get."""
    key: Path
    """Who is who; people must not get it."""
    items: int
    """How many results of each method are compared."""
    left_out: Sequence[str]
    """Files that not every method has."""


def make(
    out: Path,
    methods: Sequence[Path],
    settings: MakeSettings,
    reference: Path | None = None,
) -> Made:
    """Write `out/page/`, which people get, and `out/key.json`, which they do not.

    The media are copied as they are, under neutral names: their visible label and their
    credentials stay. All is written beside its place first; no half study is left.

    Args:
        out: folder that is not there yet, or is empty.
        methods: see `planned`, as for `reference`.
        settings: what is asked, and how much.
        reference: drivers and portraits to be shown beside.

    Raises:
        AskedWrongly: the folders do not fit together.
        PathRefused: `out` is in use, or something cannot be read or written.
        DiskFull: there is no room.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PathRefused(
            f"{out}: there is something already. Answers fit only the page they were given on, "
            f"so a study is never replaced: choose another folder, or remove this one."
        )
    plan = planned(methods, settings, reference)
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        _write(beside, plan)
        if out.exists():
            out.rmdir()
        beside.replace(out)
    except OSError as error:
        if error.errno == _ENOSPC:
            raise DiskFull(out, "the disk is full.") from error
        raise PathRefused(f"{out}: cannot write the study: {error.strerror}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    index, key = out / "page" / "index.html", out / "key.json"
    return Made(index, key, len(plan.page["items"]), plan.key["left_out"])


def _write(folder: Path, plan: Plan) -> None:
    import vivant

    (folder / "page" / "media").mkdir(parents=True)
    for name, path in plan.files.items():
        shutil.copyfile(path, folder / "page" / name)
    (folder / "page" / "index.html").write_text(document(plan.page), encoding="utf-8")
    made = {"vivant": vivant.__version__, "made": datetime.now(UTC).isoformat(timespec="seconds")}
    key = json.dumps({**plan.key, **made}, indent=1) + "\n"
    (folder / "key.json").write_text(key, encoding="utf-8")


def document(page: Mapping[str, Any]) -> str:
    """Return the HTML of a study's page.

    Args:
        page: what `Plan.page` holds.
    """
    here = files("vivant.studies.people")
    script, style, template = (
        (here / name).read_text(encoding="utf-8") for name in ("page.js", "page.css", "page.html")
    )
    # "<" would end the block that holds it.
    plan = json.dumps(page).replace("<", "\\u003c")
    minutes = max(1, round((page["pairs"] + page["checks"]) / 4 + page["ratings"] / 6))
    return Template(template).substitute(
        policy=policy(script, media="'self' file:"),
        title=said(page["title"]),
        by=f"<p>Who asks: {said(page['by'])}</p>" if page["by"] else "",
        minutes=f"{minutes} minute" + ("" if minutes == 1 else "s"),
        plan=plan,
        style=style,
        script=script,
    )
