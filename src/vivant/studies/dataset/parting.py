"""Who is in which part of a data set: a person is in one part only, whatever role they play."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vivant.errors import PathRefused
from vivant.studies.inputs import Item
from vivant.studies.people.drawing import pairs

Pair = tuple[Item, Item]
"""Portrait and driver."""


def parts(
    portraits: Sequence[Item], drivers: Sequence[Item], share: float, seed: int
) -> dict[str, str]:
    """Return the part, `train` or `test`, of each person.

    Portraits are dealt out first, then those who are only seen as drivers, so that both parts
    have some of either, as far as there are enough.

    >>> from pathlib import Path
    >>> who = [Item(Path(name), name, name) for name in "abcdef"]
    >>> sorted(parts(who[:4], who[2:], 0.5, 0).items())
    [('a', 'test'), ('b', 'train'), ('c', 'test'), ('d', 'train'), ('e', 'train'), ('f', 'test')]
    """
    rng, found = np.random.default_rng(seed), dict[str, str]()
    for items in (portraits, drivers):
        own = sorted({item.identity for item in items})
        fresh = [own[index] for index in rng.permutation(len(own)) if own[index] not in found]
        known = sum(found.get(identity) == "test" for identity in own)
        wanted = max(0, math.ceil(share * len(own)) - known)
        found |= {name: "test" if turn < wanted else "train" for turn, name in enumerate(fresh)}
    return found


def chosen(
    portraits: Sequence[Item],
    drivers: Sequence[Item],
    part_of: dict[str, str],
    most: int,
    seed: int,
) -> list[Pair]:
    """Return pairs of two people of the same part, about as many as the parts have portraits.

    Raises:
        PathRefused: no two people are in the same part.
    """
    found: list[Pair] = []
    for part in ("test", "train"):
        sitters = [item for item in portraits if part_of[item.identity] == part]
        performers = [item for item in drivers if part_of[item.identity] == part]
        own = round(most * len(sitters) / len(portraits)) if part == "test" else most - len(found)
        if sitters and performers and own:
            found += pairs(sitters, performers, own, seed)
    if not found:
        raise PathRefused(
            "no portrait and no driver show two people of the same part; give more of them, or a "
            "smaller --test."
        )
    return found
