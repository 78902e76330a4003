"""Measure what the mesh engine draws: `VIVANT_DATA=folder python benchmarks/quality.py [NAME ...]`.

Runs `vivant study` once for each name (all of them by default), keeps each summary in
`benchmarks/results/quality.json`, and writes the tables in docs/engines/mesh.md. All
of it takes about an hour and a half on two cores. `--keep FOLDER` keeps the studies'
own files, contact sheets among them; `--table` only writes the tables anew.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from record import RESULTS, between_marks, record

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "engines" / "mesh.md"
GEOMETRY = ("--mesh.mouth=bank", "--mesh.light=0")
"""No pixels of the driver: landmarks, scores and pose only."""
PART = ("--disguise", "--limit=12", "--no-faces")
"""The ablation looks at twelve clips, spread over all."""
WHOLE = {
    "absolute": ("--absolute", *GEOMETRY),
    "disguised, geometry only": ("--disguise", *GEOMETRY, "--no-faces"),
    "disguised": ("--disguise",),
}
ABLATION = {
    "all of it": (),
    "background moves with the head": ("--mesh.no-background",),
    "no mouth inside": ("--mesh.mouth=none",),
    "drawn teeth": ("--mesh.mouth=bank",),
    "no light": ("--mesh.light=0",),
    "no emphasis": ("--mesh.emphasis=0",),
    "no glasses": ("--mesh.no-glasses",),
    "head still": ("--mesh.pose=0",),
    "lips and jaw still": ("--mesh.lips=0", "--mesh.jaw=0"),
}
CROSS = "cross"
NAMES = (*WHOLE, *ABLATION, CROSS)


def words(name: str, data: Path) -> list[str]:
    """Return the words of the command for a name."""
    if name == CROSS:
        return ["cross", "--portraits", str(data / "portraits"), "--drivers", str(data / "clips"),
                "--frames", "50"]  # fmt: skip
    options = WHOLE.get(name) or (*PART, *ABLATION[name])
    return ["self", "--clips", str(data / "clips"), *options]


def study(name: str, data: Path, folder: Path) -> dict[str, Any]:
    """Run one study and return what is kept of it: means, intervals and counts."""
    out = folder / name.replace(" ", "-").replace(",", "")
    command = [sys.executable, "-m", "vivant", "study", *words(name, data), "--out", str(out)]
    subprocess.run([*command, "--json"], stdout=subprocess.DEVNULL, check=True)
    found = json.loads((out / "results.json").read_text("utf-8"))
    kept = ("engines", "settings", "summary", "comparisons", "extra")
    return {key: found[key] for key in kept}


def means(found: dict[str, Any], place: int = 0) -> dict[str, float]:
    """Return the means of the method at a place: 0 is the engine, the last the baseline."""
    own = list(found["summary"].values())[place]
    return {name: estimate["mean"] for name, estimate in own.items()}


def first(found: dict[str, Any]) -> Any:
    """Return the label of the engine."""
    return next(iter(found["summary"]))


def tables(found: dict[str, Any]) -> str:
    """Return all tables in Markdown, of what was measured."""
    base = next(found[name] for name in NAMES if name in found and name != CROSS)
    lines = [
        "| all clips | L1 | PSNR, dB | SSIM | landmarks, px | better | worse by 5 % |",
        "|---|---|---|---|---|---|---|",
        row("untouched", means(base, -1)) + " | | |",
    ]
    lines += [full(name, found[name]) for name in WHOLE if name in found]
    lines += ["", "| twelve clips, disguised | L1 | PSNR | SSIM | L1 of the face |"]
    lines += ["|---|---|---|---|---|"]
    for name in ABLATION:
        if name in found:
            face = found[name]["extra"]["regions"][first(found[name])]["face"]["l1"]
            lines += [row(name, means(found[name]), faces=False) + f" | {face:.4f} |"]
    if CROSS in found:
        lines += ["", *cross(found[CROSS])]
    return "\n".join(lines)


def row(name: str, numbers: dict[str, float], *, faces: bool = True) -> str:
    """Return the first cells of a row."""
    cells = [f"{numbers['l1']:.4f}", f"{numbers['psnr']:.2f}", f"{numbers['ssim']:.3f}"]
    if faces:
        cells.append(f"{numbers['akd']:.2f}" if "akd" in numbers else "")
    return " | ".join([f"| {name}", *cells])


def full(name: str, found: dict[str, Any]) -> str:
    """Return a row with how many clips gained and lost."""
    against = found["extra"]["against_baseline"][first(found)]
    better = f"{against['better']['l1']} of {found['extra']['clips']}"
    return f"{row(name, means(found))} | {better} | {against['worse_by_5_percent']} |"


def cross(found: dict[str, Any]) -> list[str]:
    """Return the table of portraits driven by others."""
    numbers, extra = means(found), found["extra"][first(found)]
    slopes = ", ".join(f"{name} {value:.2f}" for name, value in extra["slopes"].items())
    return [
        f"| {extra['pairs']} pairs of portrait and driver | |",
        "|---|---|",
        f"| identity (SFace cosine), mean | {numbers['csim']:.2f} |",
        f"| ... of the worst tenth | {numbers['csim_worst_decile']:.2f} |",
        f"| expression scores, correlation over time | {numbers['correlation']:.2f} |",
        f"| ... slopes | {slopes} |",
        f"| change of the background, of 255 | {numbers['background']:.2f} |",
    ]


def write_tables() -> None:
    """Put the tables between the marks of the page."""
    found = json.loads((RESULTS / "quality.json").read_text("utf-8"))["studies"]
    between_marks(PAGE, "quality.py", tables(found))


def main() -> None:
    """Run the studies that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        if "VIVANT_DATA" not in os.environ:
            raise SystemExit("set VIVANT_DATA to a folder with clips/ and portraits/")
        data, path = Path(os.environ["VIVANT_DATA"]), RESULTS / "quality.json"
        with tempfile.TemporaryDirectory() as scratch:
            for name in asked.names:
                found = json.loads(path.read_text("utf-8"))["studies"] if path.exists() else {}
                found[name] = study(name, data, asked.keep or Path(scratch))
                record("quality", {"studies": found})
                print(name, means(found[name]), flush=True)
    write_tables()


if __name__ == "__main__":
    main()
