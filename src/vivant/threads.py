"""Threads that end: read ahead in the background without leaking anything."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 30.0
"""Seconds that leaving waits for the item that is being worked on."""


def prefetch(items: Iterable[T], *, depth: int = 8) -> Iterator[T]:
    """Yield `items` in order while a thread reads up to `depth` ahead.

    The thread starts with the first item asked for. It also closes what it reads
    (a generator, a `VideoReader`) as soon as the caller leaves the loop, by `break`
    or by an error, so that a chain of stages ends from its last one.

    Args:
        items: what to read; only the thread touches it.
        depth: items held ready, at least 1. At most `depth + 2` exist at a time.

    Raises:
        ValueError: `depth` is smaller than 1.
        BaseException: whatever `items` raised, here, in the caller.

    >>> list(prefetch(range(5), depth=2))
    [0, 1, 2, 3, 4]
    """
    if depth < 1:
        raise ValueError(f"prefetch: depth must be at least 1, got {depth}")
    return _read_ahead(items, depth)


def _read_ahead(items: Iterable[T], depth: int) -> Iterator[T]:
    slots: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(maxsize=depth)
    stop = threading.Event()
    thread = threading.Thread(target=_work, args=(items, slots, stop), name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = slots.get()
            if isinstance(error, _End):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        # a frame of a large network takes its time, and ending Python within it aborts
        thread.join(timeout=_PATIENCE)


@contextmanager
def undivided() -> Iterator[None]:
    """Let OpenCV do each call in the thread that makes it, for as long as this lasts.

    Where stages overlap, every core has its work already; dividing small
    pictures among more threads then only costs time.
    """
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


class _End(Exception):
    """Marks the end of the items in the queue."""


def _work(
    items: Iterable[T],
    slots: queue.Queue[tuple[T | None, BaseException | None]],
    stop: threading.Event,
) -> None:
    """Fill `slots` until the items end, one fails, or `stop` is set."""
    ending: BaseException = _End()
    source: Iterator[T] | None = None
    try:
        source = iter(items)
        for item in source:
            if not _offer(slots, (item, None), stop):
                return
    except BaseException as error:  # noqa: BLE001 - handed over, never swallowed
        ending = error
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:  # noqa: BLE001 - handed over likewise
                if isinstance(ending, _End):
                    ending = error
    _offer(slots, (None, ending), stop)


def _offer(
    slots: queue.Queue[tuple[T | None, BaseException | None]],
    message: tuple[T | None, BaseException | None],
    stop: threading.Event,
) -> bool:
    """Put `message`, waiting for room; False once `stop` is set."""
    while not stop.is_set():
        try:
            slots.put(message, timeout=0.05)
        except queue.Full:
            continue
        return True
    return False
