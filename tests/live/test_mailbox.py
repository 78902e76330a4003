"""Newest wins."""

from __future__ import annotations

import threading
import time

import pytest

from vivant.live.mailbox import Closed, Mailbox


def test_a_slow_reader_gets_the_newest_and_misses_the_rest() -> None:
    box: Mailbox[int] = Mailbox()
    for number in range(100):
        box.put(number)
    assert box.take(timeout=0) == 99
    assert box.dropped == 99
    assert box.take(timeout=0) is None


def test_what_lies_there_can_still_be_taken_after_the_end_and_then_it_is_over() -> None:
    box: Mailbox[int] = Mailbox()
    box.put(1)
    box.close()
    box.put(2)
    assert box.take() == 1
    with pytest.raises(Closed):
        box.take()


def test_closing_wakes_whoever_waits() -> None:
    box: Mailbox[int] = Mailbox()
    threading.Timer(0.05, box.close).start()
    with pytest.raises(Closed):
        box.take(timeout=30)


def test_the_reader_never_goes_back_in_time() -> None:
    box: Mailbox[int] = Mailbox()
    seen: list[int] = []

    def write() -> None:
        for number in range(2000):
            box.put(number)
            if number % 50 == 0:
                time.sleep(0.001)
        box.close()

    writer = threading.Thread(target=write)
    writer.start()
    while 1999 not in seen:
        item = box.take(timeout=10)
        assert item is not None
        seen.append(item)
    writer.join()
    assert seen == sorted(seen)
    assert seen[-1] == 1999
    assert len(seen) + box.dropped == 2000
