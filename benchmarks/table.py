"""The README's table of figures, made from what the benchmarks recorded.

`python benchmarks/table.py` writes it between the two marks in README.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- figures: benchmarks/table.py -->", "<!-- end of figures -->"


def result(name: str) -> dict[str, Any]:
    """Return a recorded result."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def table() -> str:
    """Return the table in Markdown."""
    speed, start = result("speed"), result("start")
    memory, stages = result("memory"), result("stages")
    machine = speed["machine"]
    small, large = speed["cases"].values()
    minute, hour = memory["cases"].values()
    core = stages["one core, driver and portrait 512x512"]
    first = start["animate to first frame, seconds"]["median"]
    rows = [
        ("a 512x512 video onto a 512x512 portrait", rate(small)),
        ("the same onto a 1080x1080 portrait", rate(large)),
        ("from the command to the first frame", f"{first:.1f} s"),
        ("of which for one frame, on one core: following the face", milliseconds(core["track"])),
        ("... drawing and pasting", milliseconds(core["render and paste"])),
        (
            "memory for a minute / an hour of 1280x720 video (10 frames/s)",
            f"{minute['peak_rss_mb']:.0f} / {hour['peak_rss_mb']:.0f} MB",
        ),
        ("`vivant --help`", f"{start['vivant --help, seconds']:.2f} s"),
    ]
    lines = [f"| on {machine['cores']} cores ({machine['processor']}), no GPU | |", "|---|---|"]
    lines += [f"| {what} | {figure} |" for what, figure in rows]
    times = speed["times_as_fast_as_fomm_256"]
    closing = (
        "Everything is included: reading, following, drawing, labelling, encoding, signing. The "
        "First Order Motion Model takes 0.73 s a frame at 256x256 on such a machine, "
        f"{times:.0f} times as long as the first row. Measure again: `make bench`."
    )
    return "\n".join([*lines, "", closing])


def rate(case: dict[str, Any]) -> str:
    """Return the median rate of a case."""
    return f"{case['frames_per_second']['median']:.0f} frames/s"


def milliseconds(stage: dict[str, float]) -> str:
    """Return the median of a stage."""
    return f"{stage['median_ms']:.1f} ms"


def main() -> None:
    """Write the table into the README."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
