from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import AskedWrongly, PathRefused
from vivant.studies.journal import Journal, named
from vivant.studies.study import Outcome

ASKED = {"study": "toy", "settings": {"step": 5}}


def outcome(value: float = 0.5) -> Outcome:
    found = Outcome(detail={"cosines": [value]}, arrays={"sums": np.arange(3.0)})
    found.add("mesh", {"l1": value, "psnr": math.inf})
    found.sheets["mesh"] = (value, [np.zeros((8, 8, 3), np.uint8)])
    return found


def filled(out: Path, *keys: str) -> None:
    with Journal(out, ASKED) as journal:
        for place, key in enumerate(keys):
            journal.write(key, outcome(place / 10))


def test_what_was_done_is_read_back_whole(tmp_path):
    filled(tmp_path, "a", "b")
    with Journal(tmp_path, ASKED) as journal:
        assert list(journal.done) == ["a", "b"]
        found = journal.done["b"]
        assert found.rows == [{"engine": "mesh", "l1": 0.1, "psnr": math.inf}]
        assert found.detail == {"cosines": [0.1]}
        np.testing.assert_array_equal(journal.arrays("b")["sums"], [0, 1, 2])
        assert [sheet.key for sheet in journal.sheets()] == ["b", "a"]
        assert all(sheet.path.read_bytes()[:3] == b"\xff\xd8\xff" for sheet in journal.sheets())


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_a_killed_run_left_half_is_done_again(tmp_path, cut):
    filled(tmp_path, "a", "b")
    path = tmp_path / "work" / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(tmp_path, ASKED) as journal:
        assert list(journal.done) == ["a"]
        journal.write("b", outcome(0.7))
    with Journal(tmp_path, ASKED) as journal:
        assert [one.rows[0]["l1"] for one in journal.done.values()] == [0.0, 0.7]


@pytest.mark.parametrize(
    "bad",
    [
        b"\0" * 300,
        b"\xff\xfe",
        b"",
        b"[1, 2]",
        b'"key"',
        b'{"key": "b"}',
        b'{"key": "b", "rows": [{"l1": 1}], "detail": {}, "problem": "", "sheets": {}}',
        b'{"key": "b", "rows": [], "detail": {}, "problem": "", "sheets": {"mesh": {}}}',
        b'{"key": 3, "rows": [], "detail": {}, "problem": "", "sheets": {}}',
        b"[" * 100_000,
    ],
)
def test_from_the_first_damaged_line_on_jobs_are_done_again(tmp_path, bad):
    filled(tmp_path, "a", "b", "c")
    path = tmp_path / "work" / "journal.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:2], bad, *lines[3:]]))
    with Journal(tmp_path, ASKED) as journal:
        assert list(journal.done) == ["a"]
        assert path.read_bytes() == b"\n".join([*lines[:2], b""])
        journal.write("b", outcome(0.7))
    with Journal(tmp_path, ASKED) as journal:
        assert list(journal.done) == ["a", "b"]
    assert not list(path.parent.glob(".*"))


@pytest.mark.parametrize("head", [b"", b"\0" * 40 + b"\n", b"\xff\n"])
def test_a_journal_whose_head_is_damaged_is_refused(tmp_path, head):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "journal.jsonl").write_bytes(head)
    with pytest.raises(AskedWrongly, match="no journal"):
        Journal(tmp_path, ASKED)


def test_other_work_is_refused_and_says_what_differs(tmp_path):
    filled(tmp_path, "a")
    with pytest.raises(AskedWrongly, match=r"settings differs.*--afresh"):
        Journal(tmp_path, {**ASKED, "settings": {"step": 6}})
    with Journal(tmp_path, {**ASKED, "settings": {"step": 6}}, afresh=True) as journal:
        assert not journal.done
    assert not list(tmp_path.rglob("*.npz"))


def test_what_is_no_journal_is_refused(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "journal.jsonl").write_text("hello", encoding="utf-8")
    with pytest.raises(AskedWrongly, match="no journal"):
        Journal(tmp_path, ASKED)


def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PathRefused, match="cannot write"):
        Journal(tmp_path / "file" / "out", ASKED)


@pytest.mark.parametrize("key", ["../../etc", "a/b", "CON: ", "ä" * 200, "a\0b", "."])
def test_keys_make_harmless_file_names(key):
    name = named(key)
    assert name not in (".", "..")
    assert not set(name) & set('/\\:*?"<>|\0')
    assert len(name) < 100
