"""A study at work: its jobs over several processes, each result kept as it comes."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import combinations
from multiprocessing import connection
from pathlib import Path
from typing import Any, Final

import cv2

import vivant
from vivant.errors import VivantError
from vivant.studies.intervals import compared, summarised
from vivant.studies.journal import Journal
from vivant.studies.results import Results, machine, taken
from vivant.studies.study import Done, Filing, Job, Outcome, Study

OnProgress = Callable[[int, int, str], None]
"""Called with what is done, out of how many, and what it was."""
_WAITING: Final = 2
"""Jobs that lie ready for each process."""


def run(
    study: Study,
    out: Path,
    *,
    workers: int | None = None,
    afresh: bool = False,
    on_progress: OnProgress | None = None,
) -> Results:
    """Do all jobs of a study that the folder does not hold yet, and tell what was found.

    Args:
        study: what is measured.
        out: folder of the results; what each job finds is kept in it at once, so that a
            killed run goes on. Nothing else is written here: see `Results.write`.
        workers: processes; as many as cores where None. Programs that pass more than 1
            must start under `if __name__ == "__main__":`, as multiprocessing asks.
        afresh: forget what the folder holds.
        on_progress: told after each job.

    Raises:
        AskedWrongly: the folder holds the results of other work.
        VivantError: nothing at all could be measured, or a process died.
    """
    for method in study.methods:
        method.open()  # what cannot be opened is told now, not by a process
    jobs = study.jobs()
    twice = [key for key, times in Counter(job.key for job in jobs).items() if times > 1]
    if twice:
        raise VivantError(f"two pieces of work have the same name, {twice[0]!r}: rename a file.")
    with Journal(out, _asked(study, jobs), afresh=afresh) as journal:
        left = [job for job in jobs if job.key not in journal.done]
        count = min(workers or os.cpu_count() or 1, max(1, len(left)))
        done = len(jobs) - len(left)
        for job, outcome in _outcomes(study, left, count):
            journal.write(job.key, outcome)
            done += 1
            if on_progress is not None:
                on_progress(done, len(jobs), job.key)
        return _told(study, jobs, journal)


def _asked(study: Study, jobs: Sequence[Job]) -> dict[str, Any]:
    """Return what the study is, so that another run can tell whether it is the same."""
    files = {item.path for job in jobs for item in job.items}
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(os.fsencode(path.name) + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return {
        "study": study.name,
        "engines": [method.plain() for method in study.methods],
        "settings": dataclasses.asdict(study.settings),
        "files": digest.hexdigest(),
        "people": hashlib.sha256(repr(study.inputs()).encode()).hexdigest(),
        "not measured": sorted(study.not_measured()),
        "packages": machine()["packages"],
        "program": program(),
    }


def program() -> str:
    """Return a digest of vivant's own code and models: results of two programs are not mixed."""
    root = Path(vivant.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *(root / "weights" / "files").iterdir()]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _outcomes(study: Study, jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Outcome]]:
    if workers == 1:
        tools = study.open() if jobs else None
        for job in jobs:
            yield job, _measured(study, tools, job)
        return
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, start, _begin, (study, workers)) as pool:
        waiting: dict[Future[Outcome], Job] = {}
        rest = iter(jobs)
        try:
            while True:
                for job in rest:
                    waiting[pool.submit(_work, job)] = job
                    if len(waiting) >= workers * _WAITING:
                        break
                if not waiting:
                    return
                ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ready:
                    job = waiting.pop(future)
                    yield job, future.result()
        except BrokenProcessPool as error:
            raise VivantError(
                f"a process of the study died while it worked on one of: "
                f"{', '.join(sorted(job.key for job in waiting.values()) or [job.key])}. Perhaps "
                f"memory ran out: try --workers 1. What is done is kept; the same command goes on."
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Here:
    """What a worker process holds."""

    study: Study
    tools: Any


def _begin(study: Study, workers: int) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cores = os.cpu_count() or 1
    cv2.setNumThreads(max(1, cores // workers))
    _Here.study, _Here.tools = study, study.open()


def _end_with_parent() -> None:
    """End this process when the one that runs the study is gone; killed, it cannot do so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(job: Job) -> Outcome:
    return _measured(_Here.study, _Here.tools, job)


def _measured(study: Study, tools: Any, job: Job) -> Outcome:
    try:
        return study.measure(tools, job)
    except VivantError as error:
        return Outcome(problem=str(error))


def _told(study: Study, jobs: Sequence[Job], journal: Journal) -> Results:
    """Put together what all jobs found."""
    done = [
        Done(job, journal.done[job.key], partial(journal.arrays, job.key))
        for job in jobs
        if not journal.done[job.key].problem
    ]
    failed = [
        {"item": job.key, "problem": journal.done[job.key].problem}
        for job in jobs
        if journal.done[job.key].problem
    ]
    if not done:
        raise VivantError(f"none of {len(jobs)} could be measured: {failed[0]['problem']}")
    rows = [{"key": one.job.key, **row} for one in done for row in one.outcome.rows]
    plain = {
        **taken(study),
        "summary": _summary(study, rows, done),
        "comparisons": _comparisons(study, rows),
        "extra": study.extra(done),
        "rows": rows,
        "failed": failed,
    }
    order = [method.label for method in study.methods]
    sheets = sorted(journal.sheets(), key=lambda sheet: order.index(sheet.method))
    files = study.files(plain, done) if isinstance(study, Filing) else {}
    return Results(plain, study.parts(plain, done), sheets, files)


def _of(study: Study, rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    labels = [method.label for method in study.methods]
    return {label: [row for row in rows if row["engine"] == label] for label in labels}


def _summary(
    study: Study, rows: Sequence[dict[str, Any]], done: Sequence[Done]
) -> dict[str, dict[str, Any]]:
    summary = {label: summarised(own) for label, own in _of(study, rows).items()}
    for label, measures in study.whole(done).items():
        for name, value in measures.items():
            summary[label][name] = {"mean": value, "low": None, "high": None,
                                    "rows": 1, "identities": None}  # fmt: skip
    return summary


def _comparisons(study: Study, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    directions = {name: told["higher_is_better"] for name, told in study.metrics().items()}
    return [
        {"a": a, "b": b, **told}
        for (a, mine), (b, theirs) in combinations(_of(study, rows).items(), 2)
        for told in compared(mine, theirs, directions)
    ]
