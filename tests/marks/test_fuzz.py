"""Damaged and hostile files end in a verdict or in an error of ours, never otherwise."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path

import pytest

from vivant.errors import DamagedMedia, UnsupportedFormat, VivantError
from vivant.marks import sign, verify

CASES = 75
"""Of each of the seven kinds of file: more than 500 in all."""


def damaged(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20))):
        place = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0 | 1:
                changed[place] ^= 1 << chance.randrange(8)
            case 2:
                changed[place : place + 4] = chance.choice(
                    (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff")
                )
            case 3:
                del changed[place : place + chance.randrange(1, 300)]
            case _:
                changed[place:place] = chance.randbytes(chance.randrange(1, 60))
        if not changed:
            return b"\0"
    return bytes(
        changed if chance.random() < 0.8 else changed[: chance.randrange(1, len(changed) + 1)]
    )


def test_verify_judges_every_damaged_file(signed: Path):
    chance = random.Random(signed.name)
    beside = signed.with_name(signed.name + ".c2pa")
    holder = beside if beside.exists() else signed
    whole, judged = holder.read_bytes(), 0
    for _ in range(CASES):
        holder.write_bytes(damaged(whole, chance))
        with suppress(DamagedMedia, UnsupportedFormat):
            told = verify(signed)
            json.dumps(told.to_json())
            assert "the process that read them" not in " ".join(told.problems)  # it never died
            judged += 1
    assert judged > CASES / 2


def test_verify_searches_a_damaged_file_for_a_watermark(signed: Path):
    signed.write_bytes(damaged(signed.read_bytes(), random.Random(1)))
    with suppress(DamagedMedia, UnsupportedFormat):
        json.dumps(verify(signed).to_json())


def test_a_damaged_portrait_with_credentials_never_stops_the_signing_otherwise(
    media, claim, make_claim, tmp_path
):
    portrait, target = tmp_path / "portrait.png", tmp_path / "out.gif"
    sign(media / "still.png", portrait, claim)
    whole, chance = portrait.read_bytes(), random.Random(7)
    for _ in range(CASES // 2):
        portrait.write_bytes(damaged(whole, chance))
        try:
            sign(media / "moving.gif", target, make_claim(portrait=portrait))
        except VivantError:
            continue
        assert verify(target).intact


@pytest.mark.parametrize("depth", [100_000])
def test_statements_nested_without_end_are_no_danger(tmp_path, media, depth):
    (tmp_path / "out.webm").write_bytes((media / "clip.webm").read_bytes())
    (tmp_path / "out.webm.c2pa").write_bytes(b"\0\0\0\x10jumb" * depth)
    assert verify(tmp_path / "out.webm").broken
