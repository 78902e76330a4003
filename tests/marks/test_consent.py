from __future__ import annotations

import os
import stat

import pytest

from vivant.errors import ConsentMissing, MarkError, SettingsError
from vivant.marks import CONSENT_KINDS, consent_for
from vivant.marks.consent import forget

PORTRAIT, OTHER = "1" * 64, "2" * 64


def nobody() -> str | None:
    raise AssertionError("the question was put")


def test_without_any_statement_it_is_refused_with_the_ways_to_state_one():
    with pytest.raises(ConsentMissing) as refused:
        consent_for(PORTRAIT)
    for word in ("--consent", "VIVANT_CONSENT", *CONSENT_KINDS):
        assert word in str(refused.value)


def test_a_person_who_does_not_answer_is_refused_and_asked_again():
    with pytest.raises(ConsentMissing):
        consent_for(PORTRAIT, ask=lambda: None)
    assert consent_for(PORTRAIT, ask=lambda: "own").given == "answer"


def test_the_option_comes_before_the_variable_and_the_variable_before_the_question():
    environ = {"VIVANT_CONSENT": "fictional"}
    option = consent_for(PORTRAIT, given="own", environ=environ, ask=nobody)
    assert (option.kind, option.given) == ("own", "option")
    variable = consent_for(PORTRAIT, environ=environ, ask=nobody)
    assert (variable.kind, variable.given) == ("fictional", "variable")


def test_the_variable_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("VIVANT_CONSENT", "permission")
    assert consent_for(PORTRAIT).kind == "permission"


def test_an_empty_variable_states_nothing():
    with pytest.raises(ConsentMissing):
        consent_for(PORTRAIT, environ={"VIVANT_CONSENT": ""})


def test_an_answer_is_asked_for_once_for_each_portrait():
    first = consent_for(PORTRAIT, ask=lambda: "historical")
    again = consent_for(PORTRAIT, ask=nobody)
    assert (again.kind, again.given, again.when) == ("historical", "remembered", first.when)
    with pytest.raises(ConsentMissing):
        consent_for(OTHER)


def test_an_option_or_a_variable_speaks_for_its_own_run_only():
    consent_for(PORTRAIT, given="own")
    consent_for(PORTRAIT, environ={"VIVANT_CONSENT": "own"})
    with pytest.raises(ConsentMissing):
        consent_for(PORTRAIT)


def test_what_was_forgotten_is_asked_again():
    consent_for(PORTRAIT, ask=lambda: "own")
    forget(PORTRAIT)
    forget(PORTRAIT)
    assert consent_for(PORTRAIT, ask=lambda: "fictional").kind == "fictional"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"kind": "king"}', b"\xff\xfe"])
def test_a_damaged_memory_is_no_consent(home, damage):
    consent_for(PORTRAIT, ask=lambda: "own")
    (home / "consent" / f"{PORTRAIT}.json").write_bytes(damage)
    with pytest.raises(ConsentMissing):
        consent_for(PORTRAIT)


@pytest.mark.parametrize("kind", ["yes", "Historical", "", "own "])
def test_a_kind_that_does_not_exist_is_refused_with_the_known_ones(kind):
    with pytest.raises(SettingsError, match="fictional, historical, own, permission"):
        consent_for(PORTRAIT, given=kind)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "1" * 63])
def test_a_portrait_is_known_by_nothing_but_its_sha256(name):
    with pytest.raises(SettingsError, match="64"):
        consent_for(name, ask=lambda: "own")


def test_a_user_folder_that_cannot_be_used_is_named_with_advice(home):
    home.write_text("a file where the folder should be")
    with pytest.raises(MarkError, match="VIVANT_HOME"):
        consent_for(PORTRAIT, ask=lambda: "own")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_what_is_remembered_is_for_this_user_only(home):
    consent_for(PORTRAIT, ask=lambda: "own")
    (file,) = (home / "consent").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
