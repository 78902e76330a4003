"""What one stream shows at the times of another."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Generic, Protocol, TypeVar

_TICK: Final = Fraction(1, 10**9)


class Timed(Protocol):
    """Something with a time."""

    @property
    def time(self) -> Fraction:
        """Seconds."""


T = TypeVar("T", bound=Timed)


@dataclass(frozen=True, slots=True)
class Between(Generic[T]):
    """What lies before and after a time."""

    before: T
    after: T | None
    """None at the end of the stream."""
    share: float
    """How far the time has come from `before` to `after`, 0 to 1."""


class Resampled(Generic[T]):
    """Reads a stream at increasing times, two items at once."""

    def __init__(self, items: Iterator[T]) -> None:
        """Read the first item."""
        self._items = items
        self._before = self._after = next(items, None)
        self._step = Fraction(0)

    def at(self, time: Fraction) -> Between[T] | None:
        """Return what lies around a time; None where the stream is empty.

        Before the first item, that counts; after the last, the last.
        """
        while self._after is not None and self._after.time <= time:
            self._before, self._after = self._after, next(self._items, None)
            if self._after is not None:
                self._step = self._after.time - self._before.time
        if self._before is None:
            return None
        share = 0.0
        if self._after is not None:
            share = float(
                (time - self._before.time) / max(self._after.time - self._before.time, _TICK)
            )
        return Between(self._before, self._after, min(max(share, 0.0), 1.0))

    def over(self, time: Fraction) -> bool:
        """Say whether the stream has ended at a time that `at` was asked for.

        Its last item lasts as long as the one before it.
        """
        ended = self._after is None
        return ended and (self._before is None or time >= self._before.time + self._step)

    def close(self) -> None:
        """Stop reading; a generator is closed."""
        if isinstance(self._items, Generator):
            self._items.close()
