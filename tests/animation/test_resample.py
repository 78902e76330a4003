from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction

from vivant.animation.resample import Resampled


@dataclass(frozen=True)
class Item:
    time: Fraction


def stream(*times: int) -> Generator[Item]:
    yield from (Item(Fraction(time)) for time in times)


def test_between_two_items_the_share_says_how_far():
    items = Resampled(stream(0, 4, 8))
    here = items.at(Fraction(1))
    assert here is not None
    assert (here.before, here.after, here.share) == (Item(Fraction(0)), Item(Fraction(4)), 0.25)
    here = items.at(Fraction(4))
    assert here is not None
    assert (here.before.time, here.share) == (4, 0.0)


def test_before_the_first_and_after_the_last_item_those_count():
    items = Resampled(stream(2, 4))
    first = items.at(Fraction(0))
    assert first is not None
    assert (first.before.time, first.share) == (2, 0.0)
    last = items.at(Fraction(9))
    assert last is not None
    assert (last.before.time, last.after, last.share) == (4, None, 0.0)


def test_the_last_item_lasts_as_long_as_the_one_before():
    items = Resampled(stream(0, 2, 4))
    seen = []
    for time in range(10):
        items.at(Fraction(time))
        seen.append(items.over(Fraction(time)))
    assert seen == [False] * 6 + [True] * 4


def test_an_empty_stream_is_over_and_shows_nothing():
    items = Resampled(stream())
    assert items.at(Fraction(0)) is None
    assert items.over(Fraction(0))


def test_closing_ends_the_stream():
    ended = []

    def endless() -> Generator[Item]:
        try:
            for time in range(10**9):
                yield Item(Fraction(time))
        finally:
            ended.append(True)

    items = Resampled(endless())
    items.at(Fraction(1))
    items.close()
    assert ended == [True]
