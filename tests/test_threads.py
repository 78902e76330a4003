from __future__ import annotations

import itertools
import threading
import time

import pytest

from vivant.threads import prefetch, undivided


def soon(holds):
    end = time.monotonic() + 2
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_prefetch_keeps_the_order():
    assert list(prefetch(range(100), depth=3)) == list(range(100))
    assert list(prefetch([], depth=1)) == []


def test_prefetch_stops_when_the_caller_leaves():
    before = threading.active_count()
    seen = []

    def take():
        for item in prefetch(itertools.count(), depth=2):
            seen.append(item)
            if item == 5:
                raise RuntimeError("caller fails")

    with pytest.raises(RuntimeError, match="caller fails"):
        take()
    assert seen == list(range(6))
    assert soon(lambda: threading.active_count() == before)


def test_prefetch_closes_its_source_when_the_caller_leaves():
    closed = threading.Event()

    def source():
        try:
            yield from itertools.count()
        finally:
            closed.set()

    items = prefetch(prefetch(source(), depth=2), depth=2)
    assert next(items) == 0
    items.close()
    assert closed.wait(2)


def test_the_item_that_is_being_worked_on_is_waited_for():
    finished = threading.Event()

    def source():
        yield 1
        time.sleep(1.2)  # a slow engine's frame
        finished.set()
        yield 2

    items = prefetch(source(), depth=2)
    assert next(items) == 1
    items.close()
    assert finished.is_set()


def test_an_error_of_the_source_is_raised_in_the_caller_after_the_items():
    def source():
        yield 1
        yield 2
        raise OSError("source fails")

    items, before = prefetch(source(), depth=8), threading.active_count()
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="source fails"):
        next(items)
    assert soon(lambda: threading.active_count() == before)


def test_an_error_before_the_first_item_is_raised_too():
    with pytest.raises(TypeError):
        next(prefetch(5))  # type: ignore[arg-type]


def test_a_keyboard_interrupt_in_the_source_reaches_the_caller():
    def source():
        yield 1
        raise KeyboardInterrupt

    items = prefetch(source())
    assert next(items) == 1
    with pytest.raises(KeyboardInterrupt):
        next(items)


def test_prefetch_reads_no_further_ahead_than_asked():
    taken = []

    def source():
        for item in itertools.count():
            taken.append(item)
            yield item

    items = prefetch(source(), depth=3)
    next(items)
    assert soon(lambda: len(taken) == 5)
    time.sleep(0.1)
    assert len(taken) == 5
    items.close()


def test_prefetch_works_ahead_while_the_caller_is_busy():
    ahead = threading.Event()

    def source():
        yield 1
        ahead.set()
        yield 2

    items = prefetch(source(), depth=1)
    assert next(items) == 1
    assert ahead.wait(2)
    assert list(items) == [2]


def test_a_depth_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        prefetch([], depth=0)


def test_opencv_is_undivided_for_a_while_and_then_as_before():
    import cv2

    before = cv2.getNumThreads()
    with undivided():
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == before
