"""Newest wins: what hands frames from one thread to the next without ever lagging behind."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """Nothing will come any more."""


class Mailbox(Generic[T]):
    """Holds one item, the newest. Who is slow misses some and is never late.

    >>> box = Mailbox()
    >>> box.put("old")
    >>> box.put("new")
    >>> box.take(timeout=0), box.dropped
    ('new', 1)
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: tuple[T] | None = None
        self._closed = False
        self.dropped = 0
        """Items that nobody took before the next one came."""

    def put(self, item: T) -> None:
        """Put an item in; one that still lies there is dropped. After `close`, nothing happens."""
        with self._changed:
            if self._closed:
                return
            self.dropped += self._item is not None
            self._item = (item,)
            self._changed.notify()

    def take(self, timeout: float | None = None) -> T | None:
        """Take the newest item out, waiting for one.

        Args:
            timeout: seconds to wait at most; None waits as long as it takes.

        Returns:
            The item; None where none came in time.

        Raises:
            Closed: none will come any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout)
            if self._item is not None:
                (item,) = self._item
                self._item = None
                return item
            if self._closed:
                raise Closed
            return None

    def close(self) -> None:
        """Let whoever waits go; what lies there can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
