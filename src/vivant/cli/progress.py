"""A bar with rate and time left, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from vivant.animation.settings import Progress


@contextmanager
def shown_progress(name: str, stream: TextIO) -> Iterator[Callable[[Progress], None]]:
    """Give what shows the progress of one file on `stream`; silent where that is no terminal."""
    if not stream.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} frames  {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    bar = Bar(*columns, console=Console(file=stream), transient=True)

    def show(progress: Progress) -> None:
        rate = f"{progress.frames_per_second:.0f} frames/s"
        if not bar.tasks:  # begins with the first frame: a question may come before it
            bar.start()
            bar.add_task(name, total=progress.total, rate=rate)
        bar.update(bar.task_ids[0], completed=progress.frames, total=progress.total, rate=rate)

    try:
        yield show
    finally:
        bar.stop()
