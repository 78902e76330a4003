from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vivant.cli import main
from vivant.marks import Claim, Consent, LabelSettings, consent_for, journal, sha256_of, sign


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("VIVANT_HOME", str(folder))
    monkeypatch.delenv("VIVANT_CONSENT", raising=False)
    return folder


def picture(path: Path, grey: int) -> Path:
    Image.fromarray(np.full((32, 32, 3), grey, np.uint8)).save(path)
    return path


@pytest.fixture
def results(tmp_path: Path) -> list[Path]:
    """Three results: two from the portrait anna.png, one from bert.png."""
    made = []
    for index, name in enumerate(("anna", "anna", "bert")):
        portrait = picture(tmp_path / f"{name}.png", 10 * len(name) + (name == "bert"))
        claim = Claim(
            engine="mesh",
            engine_version="1",
            consent=Consent(kind="own", given="option", when="2026-01-02"),
            label=LabelSettings(text="off", off_reason=f"the birthday of {name}"),
            portrait_sha256=sha256_of(portrait),
            watermark_id=f"{index:016x}",
        )
        made.append(tmp_path / f"result-{index}.png")
        sign(picture(tmp_path / "frame.png", index), made[-1], claim)
    return made


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def numbers(capsys: pytest.CaptureFixture[str]) -> list[int]:
    entries = told(capsys)["entries"]
    assert isinstance(entries, list)
    return [entry["entry"] for entry in entries]


def test_a_computer_that_made_nothing_has_an_empty_and_whole_journal(capsys, home):
    assert main(["journal", "list"]) == 0
    assert capsys.readouterr().out == "no entry\n"
    assert main(["journal", "verify"]) == 0
    assert capsys.readouterr().out.startswith("whole  0 entries")
    assert not home.exists()


def test_every_result_is_listed_for_people_and_for_programs(capsys, results):
    assert main(["journal", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(result.name in shown for result in results)
    assert main(["journal", "list", "--json"]) == 0
    assert numbers(capsys) == [1, 2, 3]


def test_a_result_is_found_by_itself_its_watermark_its_portrait_and_their_sums(
    capsys, results, tmp_path
):
    for what, wanted in (
        (str(results[1]), [2]),
        (sha256_of(results[1]), [2]),
        (f"{2:016X}", [3]),
        (str(tmp_path / "anna.png"), [1, 2]),
        (sha256_of(tmp_path / "bert.png"), [3]),
    ):
        assert main(["journal", "find", what, "--json"]) == 0
        assert numbers(capsys) == wanted


def test_what_is_not_there_is_told_by_the_exit_code(capsys, results, tmp_path):
    assert main(["journal", "find", str(tmp_path / "frame.png")]) == 1
    assert main(["journal", "find", "f" * 64]) == 1
    assert main(["journal", "find", "no such file"]) == 2
    assert "no watermark id" in capsys.readouterr().err


def test_a_portrait_is_forgotten_with_all_that_was_made_from_it_and_its_consent(
    capsys, results, tmp_path, home
):
    anna = tmp_path / "anna.png"
    consent_for(sha256_of(anna), ask=lambda: "own")
    assert main(["journal", "forget", "--portrait", str(anna), "--json"]) == 0
    assert told(capsys) == {"forgotten": [1, 2]}
    assert sha256_of(anna) not in (home / "journal" / "entries.jsonl").read_text()
    assert not list((home / "consent").iterdir())
    assert main(["journal", "verify"]) == 0
    assert "3 entries  2 forgotten" in capsys.readouterr().out


def test_one_entry_is_forgotten_by_its_number_or_its_result(capsys, results):
    assert main(["journal", "forget", "3"]) == 0
    assert main(["journal", "forget", "--output", str(results[0])]) == 0
    assert [entry.facts is None for entry in journal.read().entries] == [True, False, True]
    capsys.readouterr()
    assert main(["journal", "forget", "3"]) == 0
    assert "nothing" in capsys.readouterr().out
    assert main(["journal", "forget", "99"]) == 2
    assert "there is no entry 99" in capsys.readouterr().err
    assert main(["journal", "forget", "--output", str(results[0])]) == 2
    assert "forgotten already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["first"], ["0"], ["1", "--portrait", "a.png"], ["--portrait", "gone.png"]]
)
def test_what_is_to_be_forgotten_is_said_exactly(words, results):
    assert main(["journal", "forget", *words]) == 2


@pytest.mark.parametrize(
    "words", [["find"], ["forget", "--output"], ["forget", "--portrait"]], ids=" ".join
)
def test_a_name_that_no_file_can_have_or_that_is_no_file_is_refused(words, tmp_path, capsys):
    assert main(["journal", *words, "a" * 300]) == 2
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert main(["journal", *words, str(tmp_path / "pipe")]) == 2
        assert "neither a file nor a folder" in capsys.readouterr().err


def test_damaged_lines_of_a_portrait_are_forgotten_and_others_are_told(
    capsys, results, tmp_path, home
):
    path = home / "journal" / "entries.jsonl"
    first, *others = path.read_text().splitlines(keepends=True)
    path.write_text("".join([first[1:], *others]))
    forget = ["journal", "forget", "--portrait"]
    assert main([*forget, str(tmp_path / "bert.png")]) == 1
    assert "line 1 of" in capsys.readouterr().err
    assert main([*forget, str(tmp_path / "anna.png")]) == 0
    assert sha256_of(tmp_path / "anna.png") not in path.read_text()
    assert "birthday" not in path.read_text()


@pytest.mark.parametrize(
    "facts",
    [{"engine": "x", "consent": [], "ingredients": "x"}, {"when": 1, "output": {}, "engine": None}],
)
def test_entries_of_any_shape_are_shown(capsys, tmp_path, facts):
    journal.record(facts, {"output": "\x1b[2J\udcff.mp4"})
    assert main(["journal", "list"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert main(["journal", "list", "--json"]) == 0
    portrait = picture(tmp_path / "anna.png", 9)
    assert main(["journal", "forget", "--portrait", str(portrait)]) == 0
    assert main(["journal", "find", sha256_of(portrait)]) == 1


def test_an_export_names_nobody_and_can_be_checked(capsys, results, tmp_path):
    assert main(["journal", "export"]) == 0
    shown = capsys.readouterr().out
    for private in ("result-", "birthday", "anna", "bert", str(tmp_path)):
        assert private not in shown
    export = tmp_path / "export.jsonl"
    export.write_text(shown)
    assert main(["journal", "verify", str(export)]) == 0
    export.write_text(shown.replace('"mesh"', '"fomm"', 1))
    assert main(["journal", "verify", str(export)]) == 1
    assert main(["journal", "verify", str(tmp_path / "gone")]) == 2


def test_a_journal_that_was_changed_is_told_everywhere(capsys, results, home):
    path = home / "journal" / "entries.jsonl"
    path.write_text(path.read_text().replace('"mesh"', '"fomm"', 1))
    assert main(["journal", "verify", "--json"]) == 1
    found = told(capsys)
    assert (found["intact"], found["problems"]) == (False, ["the facts of entry 1 were changed"])
    assert main(["journal", "list"]) == 0
    assert "not whole" in capsys.readouterr().err


def test_verify_says_that_a_file_was_made_here(capsys, results, home):
    assert main(["verify", str(results[1])]) == 0
    assert "on this computer" in capsys.readouterr().out
    assert main(["verify", str(results[1]), "--json"]) == 0
    found = told(capsys)["journal"]
    assert isinstance(found, dict)
    assert (found["entry"], found["by"]) == (2, "file")
    for file in (home / "journal").iterdir():
        file.unlink()
    assert main(["verify", str(results[1]), "--json"]) == 0
    assert told(capsys)["journal"] is None
