from __future__ import annotations

import pytest

from vivant import samples
from vivant.cli.verify import _show
from vivant.errors import SettingsError
from vivant.marks import LabelSettings, Verification
from vivant.marks.label_seen import LabelSeen
from vivant.marks.verify import Ingredient


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from vivant.cli import main

    out = tmp_path_factory.mktemp("made") / "made.mp4"
    words = ["animate", "--demo", "-o", str(out), "--to", "0.2", "--size", "128"]
    assert main(words) == 0
    return out


def test_our_own_file_is_synthetic_and_intact(run, made):
    ran = run("verify", made)
    assert ran.code == 0
    assert "Intact since signing, AI-made or AI-altered" in ran.out
    assert "historical" in ran.out
    assert "mesh" in ran.out


def test_json_answers_the_questions(run, made):
    data = run("verify", made, "--json").data
    assert data["synthetic"] is True
    assert data["intact"] is True
    assert data["trusted"] is False
    assert set(data) >= {"signer", "issued", "ingredients", "watermark"}


def test_a_changed_file_is_broken_and_exits_with_1(run, made, tmp_path):
    content = bytearray(made.read_bytes())
    middle = content.index(b"mdat") + 400
    content[middle] ^= 0xFF
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(content)
    ran = run("verify", changed)
    assert ran.code == 1
    assert "broken" in ran.out
    assert run("verify", changed, "--json").data["intact"] is False


def test_a_file_without_credentials_proves_nothing_and_exits_with_0(run):
    ran = run("verify", samples.portrait(), "--json")
    assert ran.code == 0
    assert ran.data["synthetic"] is None
    assert ran.data["intact"] is None


def test_a_missing_file_was_asked_wrongly(run, tmp_path):
    ran = run("verify", tmp_path / "none.mp4")
    assert ran.code == 2
    assert "none.mp4" in ran.err


def test_an_empty_file_is_not_broken_and_answered_in_json(run, tmp_path):
    (tmp_path / "empty.mp4").touch()
    ran = run("verify", tmp_path / "empty.mp4", "--json")
    assert ran.code == 0
    assert ran.data["intact"] is None
    assert "empty" in ran.data["problems"][0]


def test_words_of_strangers_do_nothing_to_the_terminal(capsys):
    evil = "x\x1b[2J\r\n\u202e\x9b31m"
    found = Verification(
        path=evil,
        intact=True,
        signer=evil,
        issued=evil,
        ingredients=(Ingredient(evil, evil),),
        label=LabelSeen(evil, 0.9),
        claims={evil: evil, "engine": {evil: {evil: evil}}},
        problems=(evil, "y" * 5000),
    )
    _show(found)
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.split("\n"))
    assert "x\\x1b[2J\\r\\n" in out
    assert len(out) < 4000


def test_a_reason_for_no_label_holds_no_control_characters():
    with pytest.raises(SettingsError, match="printable"):
        LabelSettings(text="off", off_reason="a\x1b[2J")


def test_a_name_in_a_message_does_nothing_to_the_terminal(run):
    ran = run("verify", "gone\x1b[2J.mp4")
    assert ran.code == 2
    assert "gone\\x1b[2J.mp4: there is no such file" in ran.err
