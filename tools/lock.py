"""Write the locked requirements: the exact versions that a fresh installation takes.

    python tools/lock.py

asks pip (with its own configuration) what it would install today on this
machine and writes requirements/run.txt and requirements/dev.txt.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
NOTE = "# Written by tools/lock.py from pyproject.toml; do not edit by hand.\n"


def resolve(wanted: list[str], constraints: Path | None = None) -> dict[str, str]:
    """Return name to version of all that `pip install` of `wanted` would bring."""
    report = FOLDER / ".report.json"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--ignore-installed", "--report", str(report), *wanted]
    if constraints is not None:
        command += ["--constraint", str(constraints)]
    try:
        subprocess.run(command, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    finally:
        report.unlink(missing_ok=True)
    pairs = [(item["metadata"]["name"].lower(), item["metadata"]["version"]) for item in found]
    return {name: version.partition("+")[0] for name, version in sorted(pairs)}


def expanded(extra: str, extras: dict[str, list[str]]) -> list[str]:
    """Return what an extra brings, that of other extras of vivant included."""
    found = []
    for wanted in extras[extra]:
        own = re.fullmatch(r"vivant\[(\w+)\]", wanted)
        found += [wanted] if own is None else expanded(own[1], extras)
    return found


def write(name: str, versions: dict[str, str], first: str = "") -> Path:
    """Write one requirements file and return its path."""
    path = FOLDER / name
    lines = "".join(f"{package}=={version}\n" for package, version in versions.items())
    path.write_text(NOTE + first + lines, encoding="utf-8", newline="\n")
    return path


def main() -> None:
    """Renew both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = resolve(project["dependencies"])
    path = write("run.txt", run)
    wanted = project["dependencies"] + expanded("dev", project["optional-dependencies"])
    everything = resolve(wanted, constraints=path)
    extra = {name: version for name, version in everything.items() if name not in run}
    write("dev.txt", extra, first="-r run.txt\n")


if __name__ == "__main__":
    main()
