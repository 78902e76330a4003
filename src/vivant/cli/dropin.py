"""`python -m vivant.engines.fomm`: the options of the First Order Motion Model's `demo.py`.

Names and defaults are those of the public script, so that its command lines go on working; what
it makes is labelled, signed and asked consent for as all of vivant's films. `docs/engines/fomm.md`
tells where the two differ.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from vivant.cli import guarded
from vivant.cli.output import warn
from vivant.errors import AskedWrongly, MissingExtra, PathRefused, listed

if TYPE_CHECKING:
    from vivant.engines import Device

DESCRIPTION: Final = (
    "First Order Motion Model with the options of its public demo.py. Source and driving are cut "
    "to faces already, square and alike. More: vivant animate --engine fomm."
)
_NAME: Final = "given"
"""What the checkpoint is called while it is used; it is not added."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise AskedWrongly(f"{message}. --help tells all options.")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    found = _Parser(prog="python -m vivant.engines.fomm", description=DESCRIPTION)
    found.add_argument(
        "--config",
        required=True,
        type=Path,
        metavar="YAML",
        help="configuration that the checkpoint was trained by",
    )
    found.add_argument(
        "--checkpoint",
        default=Path("vox-cpk.pth.tar"),
        type=Path,
        metavar="FILE",
        help="the file that its authors publish (%(default)s); it is read where it can run nothing",
    )
    found.add_argument(
        "--source_image",
        required=True,
        type=Path,
        metavar="FILE",
        help="the picture that is to move",
    )
    found.add_argument(
        "--driving_video", required=True, type=Path, metavar="FILE", help="the video that tells how"
    )
    found.add_argument(
        "--result_video",
        type=Path,
        default=Path("result.mp4"),
        metavar="FILE",
        help="where the film goes (%(default)s)",
    )
    found.add_argument(
        "--relative",
        action="store_true",
        help="carry the change since the first frame, not the key points themselves",
    )
    found.add_argument(
        "--adapt_scale",
        action="store_true",
        help="scale the movement by the sizes of the two key point hulls",
    )
    found.add_argument(
        "--find_best_frame",
        action="store_true",
        help="begin at the frame most like the source (needs faces)",
    )
    found.add_argument(
        "--best_frame", type=int, metavar="N", help="begin at this frame, counted from 0"
    )
    found.add_argument("--audio", action="store_true", help="take the driving video's sound along")
    found.add_argument("--cpu", action="store_true", help="leave a graphics card alone")
    found.add_argument(
        "--consent",
        metavar="KIND",
        help="why the source may be animated: historical, own, permission or "
        "fictional; else the variable VIVANT_CONSENT counts (vivant's own option)",
    )
    return found  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code, as `vivant` does.

    Args:
        arguments: the words after the module's name; without them, the program's own.
    """
    words = sys.argv[1:] if arguments is None else arguments
    return guarded(lambda: _run(parser().parse_args(words)))


def _run(asked: argparse.Namespace) -> int:
    from vivant.animation.file import animate_file
    from vivant.animation.sources import check_output
    from vivant.cli.animate import result_line
    from vivant.cli.ask import asker
    from vivant.cli.interrupt import interruptible
    from vivant.cli.progress import shown_progress
    from vivant.marks import consent_for
    from vivant.weights import hashed, store

    given = [asked.config, asked.checkpoint, asked.source_image, asked.driving_video]
    for path in given:
        if not path.exists():
            raise PathRefused(f"{path}: there is no such file.")
    check_output(asked.result_video, given)
    ask = asker(asked.source_image)
    # before the slow conversion; an answer is remembered
    consent_for(hashed.digest(asked.source_image), given=asked.consent, ask=ask)
    reference = _first(asked)
    device = _device(asked.cpu)
    with tempfile.TemporaryDirectory(prefix="vivant-") as folder:
        weights, _ = store.convert(
            asked.checkpoint, ("fomm", _NAME), Path(folder), config=asked.config
        )
        shown = shown_progress(asked.result_video.name, sys.stderr)
        with interruptible() as cancel, shown as on_progress:
            report = animate_file(
                asked.source_image,
                asked.driving_video,
                asked.result_video,
                engine="fomm",
                engine_settings={"weights": str(weights), "adapt_scale": asked.adapt_scale},
                relative=asked.relative,
                reference=reference,
                frame="crop",
                crop="whole",
                driver_crop="whole",
                sound="driver" if asked.audio else "none",
                device=device,
                consent=asked.consent,
                ask_consent=ask,
                on_progress=on_progress,
                cancel=cancel,
            )
    print(result_line(report))
    return 0


def _first(asked: argparse.Namespace) -> int:
    """Return the frame from which relative motion is measured."""
    if asked.best_frame is not None and asked.best_frame < 0:
        raise AskedWrongly(f"--best_frame counts from 0, got {asked.best_frame}.")
    given = asked.find_best_frame or asked.best_frame is not None
    if given and not asked.relative:
        warn("--find_best_frame and --best_frame change nothing without --relative.")
        return 0
    if asked.best_frame is not None:
        return _near(asked.best_frame)
    if not asked.find_best_frame:
        return 0
    from vivant.animation.likeness import most_alike

    found = most_alike(asked.source_image, asked.driving_video)
    print(f"Best frame: {found}", file=sys.stderr)
    return _near(found)


def _near(frame: int) -> int:
    """Refuse a frame that is too far in; so many motions are held until then."""
    from vivant.animation.driving import MOST_HELD

    if frame > MOST_HELD:
        raise AskedWrongly(
            f"--best_frame is at most {MOST_HELD}, got {frame}; cut the driving video so that it "
            f"begins later, or name another frame."
        )
    return frame


def _device(cpu: bool) -> Device:
    """Return where the networks run: on a graphics card where torch sees one, as `demo.py`."""
    from vivant.engines import describe

    missing = describe("fomm").missing
    if missing:
        raise MissingExtra(f"this needs {listed(missing)}: pip install 'vivant[learned]'.")
    if cpu:
        return "cpu"
    from vivant.engines.layers import place

    if "cuda" in place.usable():
        return "cuda"
    warn(f"{place.seen()}, so the processor draws. --cpu says that this is meant.")
    return "cpu"
