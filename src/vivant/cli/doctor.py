"""`vivant doctor`: what this computer can do, tried out rather than guessed."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from cyclopts import App

import vivant
from vivant.cli.output import Json, show_columns, show_json
from vivant.errors import VivantError

EXAMPLES: Final = """\
Examples:
  Does everything work here?
    vivant doctor

  The same, to put into a report of a fault:
    vivant doctor --json

Exit code 0: everything works; 1: something does not."""

PACKAGES: Final = (
    "numpy", "opencv-python-headless", "av", "openvino", "pillow", "c2pa-python", "cryptography",
)  # fmt: skip
_LITTLE: Final = 1 << 30
"""Bytes of free disk under which a long video may not fit."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def doctor(*, json: Json = False) -> int:
        """Run the command."""
        checks = examine()
        healthy = all(check.ok for check in checks)
        if json:
            show_json({"ok": healthy, "checks": [asdict(check) for check in checks]})
        else:
            show_columns(
                [("ok" if check.ok else "NO", check.what, check.found) for check in checks]
            )
        return 0 if healthy else 1

    command = App(name="doctor", help=line, help_epilogue=EXAMPLES)
    command.default(doctor)
    return command


def examine() -> list[Check]:
    """Look at everything, and go on where something is wrong."""
    return [
        tried("vivant", _versions),
        tried("computer", _computer),
        tried("packages", _packages),
        tried("model files", _models),
        tried("your folders", _folders),
        tried("disk", _disk),
        tried("a short film", _film),
        tried("learned engines", _learned),
    ]


def tried(what: str, look: Callable[[], str]) -> Check:
    """Run one look; what it raises is the finding."""
    try:
        return Check(what, True, look())
    except (VivantError, OSError, PackageNotFoundError) as error:
        return Check(what, False, " ".join(str(error).split()))


def _versions() -> str:
    return f"{vivant.__version__} on Python {platform.python_version()}"


def _computer() -> str:
    cores = os.cpu_count() or 1
    return f"{platform.system()} {platform.machine()}, {cores} processor cores"


def _packages() -> str:
    return ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def _models() -> str:
    from vivant import weights

    sizes = [len(weights.read(name)) for name in weights.CARRIED]
    return f"{len(sizes)} files, {sum(sizes) / 1e6:.1f} MB, as they left us"


def _folders() -> str:
    from vivant.home import home
    from vivant.weights import runtime

    folders = (home(), runtime.cache_folder())
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    return ", ".join(map(str, folders))


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free
    found = f"{free / 1e9:.1f} GB free in this folder"
    if free < _LITTLE:
        raise OSError(f"only {found}; a long video may not fit")
    return found


def _film() -> str:
    """Animate a third of a second of the samples and verify what came out."""
    from vivant import marks, samples
    from vivant.animation.file import animate_file
    from vivant.marks.consent import sample
    from vivant.marks.signing import configured

    signing = configured()
    with tempfile.TemporaryDirectory(prefix="vivant-") as folder, _home(Path(folder, "home")):
        output = Path(folder, "film.mp4")
        report = animate_file(
            samples.portrait(),
            samples.driving(),
            output,
            consent=sample(),
            end=Fraction(1, 3),
            signing=signing,
        )
        found = marks.verify(output)
    if not found.intact:
        raise VivantError(f"a film was made but does not verify: {found.conclusion}")
    seconds = report.seconds_to_first_frame
    return (
        f"{report.frames} frames made, labelled, signed, verified; the first after {seconds:.1f} s"
    )


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """Let a film be nobody's: the user's journal has no entry of it."""
    before = os.environ.get("VIVANT_HOME")
    os.environ["VIVANT_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["VIVANT_HOME"]
        else:
            os.environ["VIVANT_HOME"] = before


def _learned() -> str:
    try:
        version("torch")
    except PackageNotFoundError:
        return "not installed, and not needed for the engine mesh"
    from vivant.engines.layers import place

    return f"{place.seen()}; --device takes {' or '.join(place.usable())}"
