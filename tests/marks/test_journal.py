from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vivant.errors import DamagedMedia, MarkError, PathRefused
from vivant.marks import journal, lock, store


def fill(count: int) -> None:
    for index in range(count):
        journal.record({"output": f"{index:064x}", "watermark": f"{index:016x}"}, {"output": "a"})


def lines(home: Path) -> list[bytes]:
    return (home / "journal" / "entries.jsonl").read_bytes().splitlines(keepends=True)


def rewrite(home: Path, changed: list[bytes]) -> None:
    (home / "journal" / "entries.jsonl").write_bytes(b"".join(changed))


def test_no_journal_is_an_empty_one_and_is_not_made_by_reading(home):
    assert journal.read() == journal.Journal()
    assert not home.exists()


def test_what_was_recorded_is_read_again_in_order():
    fill(5)
    found = journal.read()
    assert found.problems == ()
    assert [entry.number for entry in found.entries] == [1, 2, 3, 4, 5]
    assert [entry.facts["output"] for entry in found.entries if entry.facts] == [
        f"{index:064x}" for index in range(5)
    ]


def test_each_entry_holds_the_hash_of_the_one_before():
    fill(3)
    first, second, third = journal.read().entries
    assert (first.previous, second.previous, third.previous) == (
        journal.START,
        first.hash,
        second.hash,
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            b'"watermark": "0000000000000001"',
            b'"watermark": "0000000000000009"',
            "facts of entry 2",
        ),
        (b'"output": "a"', b'"output": "b"', "notes of entry 2"),
        (b'"entry": 2', b'"entry": 7', "line 2 is damaged"),
        (b'"previous": "', b'"previous": "0', "line 2 is damaged"),
        (b"{", b"", "line 2 is damaged"),
        (b'"entry": 2', b'"entry": true', "line 2 is damaged"),
        (b'"entry": 2', b'"entry": Infinity', "line 2 is damaged"),
        (b'"entry": 2', b'"entry": 2, "more": "x"', "line 2 is damaged"),
        (b'"entry": 2', b'"entry": 2, "entry": 2', "line 2 is damaged"),
        (b'"facts": {', b'"facts": [1], "old": {', "line 2 is damaged"),
        (b'"output": "a"', b'"output": "\\udcff"', "notes of entry 2"),
    ],
)
def test_a_change_is_found_and_told(home, old, new, told):
    fill(4)
    changed = lines(home)
    changed[1] = changed[1].replace(old, new, 1)
    rewrite(home, changed)
    assert any(told in problem for problem in journal.read().problems)


def test_an_entry_whose_hashes_were_made_to_fit_breaks_the_chain(home):
    fill(4)
    changed = lines(home)
    told = json.loads(changed[1])
    facts = {**told["facts"], "output": "f" * 64}
    forged = journal.Entry(
        2, told["previous"], facts, told["notes"], journal._sha256(facts), told["notes_sha256"]
    )
    changed[1] = journal._line(forged)
    rewrite(home, changed)
    assert journal.read().problems == ("entry 3 does not follow the one before it",)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ([0, 1, 3], "entry 4 follows entry 2"),
        ([1, 2, 3], "entry 2 follows entry 0"),
        ([0, 2, 1, 3], "entry 3 follows entry 1"),
        ([0, 1, 1, 2, 3], "entry 2 follows entry 2"),
        ([0, 1], "it ends at entry 2 and had 4"),
        ([], "it ends at entry 0 and had 4"),
    ],
)
def test_entries_taken_out_or_moved_are_found(home, kept, told):
    fill(4)
    whole = lines(home)
    rewrite(home, [whole[index] for index in kept])
    assert any(told in problem for problem in journal.read().problems)


def test_a_gap_stays_to_be_seen_when_new_entries_come(home):
    fill(4)
    rewrite(home, lines(home)[:2])
    fill(1)
    found = journal.read()
    assert [entry.number for entry in found.entries] == [1, 2, 5]
    assert found.problems == ("entry 5 follows entry 2: some were taken out",)


def test_the_end_of_a_journal_whose_note_is_gone_is_doubted(home):
    fill(3)
    (home / "journal" / "end").unlink()
    assert any("note of where it ended is gone" in told for told in journal.read().problems)


def test_what_was_forgotten_is_gone_and_the_chain_is_whole(home):
    fill(4)
    before = [entry.hash for entry in journal.read().entries]
    assert journal.forget(lambda entry: entry.number == 2) == (2,)
    assert journal.forget(lambda entry: entry.number == 2) == ()
    found = journal.read()
    assert found.problems == ()
    assert found.forgotten == 1
    assert found.entries[1].facts is found.entries[1].notes is None
    assert [entry.hash for entry in found.entries] == before
    assert f"{1:064x}".encode() not in b"".join(lines(home))
    fill(1)
    assert journal.read().problems == ()


def test_what_was_forgotten_cannot_be_guessed_from_its_hash():
    facts = {"output": "e" * 64}
    first, second = journal.record(facts, {}), journal.record(facts, {})
    assert first.facts_sha256 != second.facts_sha256


def test_the_blank_of_a_forgotten_entry_cannot_be_filled_with_something_else(home):
    fill(3)
    journal.forget(lambda entry: entry.number == 2)
    changed = lines(home)
    changed[1] = changed[1].replace(b'"facts": null', b'"facts": {"output": "x"}')
    rewrite(home, changed)
    assert journal.read().problems == ("the facts of entry 2 were changed",)


def test_without_its_notes_an_entry_still_fits_the_chain(home, tmp_path):
    fill(3)
    shown = "\n".join(journal.exported(journal.read()))
    (tmp_path / "export.jsonl").write_text(shown)
    found = journal.read(tmp_path / "export.jsonl")
    assert (len(found.entries), found.problems) == (3, ())
    (tmp_path / "export.jsonl").write_text(shown.replace("0001", "0007"))
    assert journal.read(tmp_path / "export.jsonl").problems


@pytest.mark.parametrize("kept", [[0, 1, 2], [0, 1, 3], [0], [0, 1, 2, 3, 2]])
def test_an_export_that_was_cut_is_not_whole(tmp_path, kept):
    fill(3)
    shown = list(journal.exported(journal.read()))
    (tmp_path / "export.jsonl").write_text("".join(shown[index] + "\n" for index in kept))
    assert journal.read(tmp_path / "export.jsonl").problems


def test_an_export_of_nothing_is_whole(tmp_path):
    (tmp_path / "export.jsonl").write_text("\n".join(journal.exported(journal.read())))
    assert journal.read(tmp_path / "export.jsonl") == journal.Journal()


@pytest.mark.parametrize("value", [b"Infinity", b"1e999", b"[1]", b'"x"', b"null", b"9" * 5000])
@pytest.mark.parametrize("name", [b"entry", b"facts", b"notes", b"previous", b"hash"])
def test_a_last_line_of_any_shape_holds_up_nothing(home, name, value):
    fill(2)
    changed = lines(home)
    told = json.loads(changed[1])
    old = b'"%s": %s' % (name, json.dumps(told[name.decode()]).encode())
    assert old in changed[1]
    changed[1] = changed[1].replace(old, b'"%s": %s' % (name, value), 1)
    rewrite(home, changed)
    fill(1)
    assert journal.forget(lambda entry: entry.number == 3) == (3,)
    found = journal.read()
    assert found.entries[-1].number == 3
    blanked = name in (b"facts", b"notes") and value == b"null"  # as forgetting does
    assert bool(found.problems) is not blanked


def test_nobody_is_given_content_that_was_changed(home):
    fill(2)
    changed = lines(home)
    changed[1] = changed[1].replace(f"{1:016x}".encode(), b"f" * 16)
    rewrite(home, changed)
    assert journal.find("f" * 16) == []
    assert journal.read().entries[1].facts is None
    assert journal.read().entries[1].notes == {
        **json.loads(changed[1])["notes"],
        "output": "a",
    }


def test_a_name_that_is_no_unicode_is_kept(home):
    journal.record({}, {"output": "o\udcff.mp4"})
    found = journal.read()
    assert found.problems == ()
    assert found.entries[0].notes is not None
    assert found.entries[0].notes["output"] == "o\udcff.mp4"
    assert journal.forget(lambda _: True) == (1,)


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_entries_that_were_taken_out_together_with_the_note_of_the_end_stay_missed(home, kept):
    fill(4)
    rewrite(home, lines(home)[:kept])
    (home / "journal" / "end").unlink()
    assert any("note of where it ended is gone" in told for told in journal.read().problems)
    fill(1)
    assert journal.read().problems == (
        f"entry {kept + 2} follows entry {kept}: some were taken out",
    )


def test_a_computer_that_stopped_in_its_first_entry_lost_nothing(home):
    fill(1)
    (home / "journal" / "end").write_bytes(b"0 " + journal.START.encode() + b"\n")
    assert journal.read().problems == ()
    rewrite(home, [])
    assert journal.read().problems == ()
    fill(1)
    assert journal.read().problems == ()


def test_damaged_lines_that_tell_of_somebody_are_blanked_and_others_are_named(home):
    journal.record({"ingredients": {"portrait": "a" * 64}}, {})
    fill(3)
    changed = lines(home)
    changed[0] = changed[0][1:]  # no JSON any more, and names it
    changed[1] = changed[1][1:]  # the same, of something else
    changed[2] = changed[2].replace(f"{1:064x}".encode(), b"a" * 64)  # facts that were changed
    rewrite(home, [*changed, b'{"half": "' + b"a" * 64])
    assert journal.forget_in_damage("a" * 64) == (2,)
    assert b"a" * 64 not in b"".join(lines(home))
    assert lines(home)[1] == changed[1]
    assert lines(home)[3] == changed[3]
    assert "line 1 is damaged or was changed" in journal.read().problems


def test_forgetting_on_a_computer_without_a_journal_makes_none(home):
    assert journal.forget(lambda _: True) == journal.forget_in_damage("a" * 64) == ()
    assert not home.exists()


def test_an_entry_is_found_by_its_watermark_or_by_any_of_its_hashes():
    journal.record({"ingredients": {"portrait": "a" * 64}, "output": "b" * 64}, {})
    fill(3)
    assert [entry.number for entry in journal.find(f"{2:016x}")] == [4]
    assert [entry.number for entry in journal.find("a" * 64)] == [1]
    assert [entry.number for entry in journal.find("b" * 64)] == [1]
    assert journal.find("c" * 64) == []


def test_half_a_line_of_a_killed_process_is_no_fault_and_goes_with_the_next_entry(home):
    fill(2)
    with (home / "journal" / "entries.jsonl").open("ab") as file:
        file.write(b'{"entry": 3, "prev')
    assert journal.read().problems == ()
    fill(1)
    found = journal.read()
    assert ([entry.number for entry in found.entries], found.problems) == ([1, 2, 3], ())


def test_a_process_killed_before_the_note_of_the_end_does_no_harm(home):
    fill(2)
    end = (home / "journal" / "end").read_bytes()
    fill(1)
    (home / "journal" / "end").write_bytes(end)
    assert journal.read().problems == ()
    fill(1)
    found = journal.read()
    assert ([entry.number for entry in found.entries], found.problems) == ([1, 2, 3, 4], ())


def test_a_disk_that_fails_leaves_the_journal_as_it_was(home, monkeypatch):
    fill(2)
    whole = lines(home)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(MarkError, match="No space left"):
            fill(1)
    assert lines(home) == whole
    fill(1)
    assert journal.read().problems == ()


def test_processes_and_threads_that_write_at_once_make_one_chain(home):
    code = (
        "from vivant.marks import journal\nfor _ in range(10): journal.record({'output': 'p'}, {})"
    )
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fill(1), range(20)))
    assert [process.wait() for process in started] == [0, 0, 0]
    found = journal.read()
    assert (len(found.entries), found.problems) == (50, ())


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_process_that_dies_with_the_lock_holds_up_nobody(home):
    code = (
        "from vivant.marks import journal, lock; import os, signal\n"
        "with lock.locked(journal.folder() / 'lock'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    fill(1)
    assert len(journal.read().entries) == 1


def test_a_lock_that_is_held_for_too_long_is_told(home):
    with (
        lock.locked(home / "lock"),
        pytest.raises(MarkError, match="another process"),
        lock.locked(home / "lock", patience=0.1),
    ):
        pass


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_the_journal_is_for_this_user_only(home):
    fill(1)
    journal.forget(lambda _: True)
    for path in (home / "journal").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "journal").stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"dear diary\n", b"\0" * 999, b"[]\n", b"[" * 99999 + b"\n"])
def test_a_file_that_is_no_journal_is_refused(tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(DamagedMedia, match="no journal"):
        journal.read(tmp_path / "other")
    with pytest.raises(PathRefused):
        journal.read(tmp_path / "gone")


def test_a_long_journal_is_added_to_without_reading_all_of_it(home, monkeypatch):
    fill(2)
    monkeypatch.setattr(journal, "_TAIL", 1)  # shorter than an entry: the note of the end serves
    fill(2)
    assert journal.read().problems == ()
    assert store.tail(home / "journal" / "entries.jsonl", 1 << 20).count(b"\n") == 3
