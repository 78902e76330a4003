from __future__ import annotations

import pytest

from vivant import samples


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
