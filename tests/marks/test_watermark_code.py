"""Ids survive in votes of which many are wrong, and noise is no id."""

from __future__ import annotations

import numpy as np

from vivant.marks.watermark_code import AGREEMENT, BITS, decode, encode


def ids(count: int) -> list[str]:
    chance = np.random.default_rng(3)
    return [chance.bytes(8).hex() for _ in range(count)]


def test_every_word_begins_with_its_id_and_differs_from_others_in_many_bits():
    words = {identity: encode(identity) for identity in ids(40)}
    for identity, word in words.items():
        assert np.packbits(word[:64]).tobytes().hex() == identity
        others = [other for name, other in words.items() if name != identity]
        assert min(int((word != other).sum()) for other in others) > 30


def test_votes_of_one_and_a_half_standard_deviations_are_read():
    chance = np.random.default_rng(4)
    for identity in ids(40):
        votes = 1.5 * (1 - 2.0 * encode(identity)) + chance.standard_normal(BITS)
        found = decode(votes)
        assert found is not None
        assert found[0] == identity
        assert AGREEMENT <= found[1] <= 1


def test_noise_and_silence_are_no_ids():
    chance = np.random.default_rng(5)
    assert decode(np.zeros(BITS)) is None
    assert all(decode(chance.standard_normal(BITS)) is None for _ in range(60))


def test_sixteen_votes_of_no_weight_and_eight_wrong_ones_do_no_harm():
    votes = 1 - 2.0 * encode("00ff00ff12345678")
    votes[:16] = 0
    votes[20:60:5] *= -0.5
    found = decode(votes)
    assert found is not None
    assert found[0] == "00ff00ff12345678"
