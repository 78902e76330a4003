from __future__ import annotations

import pytest

from vivant.marks import Verification
from vivant.marks.label_seen import LabelSeen
from vivant.marks.verify import Ingredient, Made, Watermark
from vivant.web.telling import refused, told


def said(found: Verification, title: str) -> str:
    (lines,) = [
        section["lines"] for section in told(found)["sections"] if section["title"] == title
    ]
    return " ".join(lines)


@pytest.mark.parametrize(
    ("intact", "trusted", "state"),
    [
        (None, None, "none"),
        (False, False, "broken"),
        (True, False, "valid"),
        (True, True, "trusted"),
    ],
)
def test_each_state_has_its_headline(intact, trusted, state):
    found = told(Verification(path="x", intact=intact, trusted=trusted, signer="somebody"))
    assert found["state"] == state
    assert found["headline"]


def test_what_is_ai_made_is_said_first():
    found = Verification(path="x", intact=True, trusted=False, synthetic=True, signer="somebody")
    assert told(found)["headline"].startswith("AI-made.")


def test_a_broken_file_is_not_called_ai_made_on_its_own_word():
    found = Verification(path="x", intact=False, problems=("the picture was changed",))
    assert "AI-made" not in told(found)["headline"]
    assert said(found, "Credentials").startswith("The picture was changed.")


def test_marks_in_the_picture_are_told():
    found = Verification(
        path="x", watermark=Watermark("0123456789abcdef", 1.0), label=LabelSeen("KI-generiert", 0.9)
    )
    assert "0123456789abcdef" in said(found, "Invisible watermark")
    assert "“KI-generiert”" in said(found, "Visible label")
    weak = Verification(path="x", watermark=Watermark(None, 1.0))
    assert "too weak" in said(weak, "Invisible watermark")


def test_a_label_that_was_left_out_is_told_with_its_reason():
    found = Verification(path="x", claims={"label": {"off_reason": "the wall says so"}})
    assert "the wall says so" in said(found, "Visible label")


def test_what_it_was_made_from_and_where_is_told():
    found = Verification(
        path="x",
        intact=True,
        signer="somebody",
        issued="2026-01-02T03:04:05Z",
        ingredients=(Ingredient("portrait", "componentOf"),),
        journal=Made(7, "2026-01-02T03:04:05+00:00", "file"),
    )
    assert "Signed by somebody on 2026-01-02 at 03:04 UTC." in said(found, "Credentials")
    assert "Made from: portrait." in said(found, "Credentials")
    assert "entry 7 of its journal, written on 2026-01-02 at 03:04 UTC" in said(found, "Conclusion")


@pytest.mark.parametrize(
    "claims", [{"label": 3, "engine": [], "consent": {"kind": []}}, {"label": {}}]
)
def test_odd_claims_of_strangers_do_no_harm(claims):
    assert told(Verification(path="x", intact=True, claims=claims))["sections"]


def test_a_refusal_says_why():
    assert refused("It is no picture.")["sections"][0]["lines"] == ["It is no picture."]


def test_a_mark_that_the_credentials_do_not_declare_is_told_in_the_headline():
    mark = Watermark("0123456789abcdef", 1 - 1e-6)
    found = Verification(path="x", intact=True, trusted=True, signer="somebody", watermark=mark)
    assert "does not declare itself AI-made, but" in told(found)["headline"]
    assert "do not declare it AI-made, but" in said(found, "Conclusion")
    assert "of 1,000,000 pictures" in said(found, "Invisible watermark")


def test_a_broken_file_is_not_said_to_have_been_changed():
    found = told(Verification(path="x", intact=False))
    assert found["headline"] == "Broken: its credentials do not fit"


def test_what_the_watermark_alone_says_is_not_called_made_here():
    found = Verification(path="x", journal=Made(7, "2026-01-02T03:04:05+00:00", "watermark"))
    assert "can be forged" in said(found, "Conclusion")
    assert "ade on this computer" not in said(found, "Conclusion")
