"""Each way to break credentials is told by the standard's name, and where it broke.

The cases are those of the standard's public test files, made anew: boxes of real credentials
are changed, taken out and exchanged. Those of a webm lie beside it as bare boxes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jumbf import Box, found, parsed

from vivant.marks import Verification, sign, verify

Break = Callable[[Box], None]


@pytest.fixture
def result(media, make_claim, tmp_path) -> Path:
    """A result whose portrait has credentials of its own."""
    portrait = tmp_path / "portrait.png"
    sign(media / "still.png", portrait, make_claim(engine="earlier"))
    sign(media / "clip.webm", tmp_path / "out.webm", make_claim(portrait=portrait))
    return tmp_path / "out.webm"


@pytest.fixture
def broken(result) -> Callable[[Break], Verification]:
    """Break the credentials of the result and verify it."""
    beside = result.with_name("out.webm.c2pa")

    def judge(change: Break) -> Verification:
        (store,) = parsed(beside.read_bytes())
        change(store)
        beside.write_bytes(store.packed())
        return verify(result)

    return judge


def codes(found: Verification) -> set[tuple[str, str, bool]]:
    """What broke, where, and whether in an ingredient's credentials."""
    return {(one.code, one.where, one.ingredient is not None) for one in found.failures}


def manifests(store: Box) -> list[Box]:
    """The ingredient's manifest, then the result's own."""
    return [box for box in store.inner if box.label.startswith("urn:c2pa:")]


def part(box: Box, label: str) -> tuple[Box, Box]:
    """Return the part of that name, after the box that holds it."""
    return found(box, lambda one: one.label == label)[0]


def flip(box: Box, at: int) -> None:
    """Change one bit of the content of a part."""
    content = bytearray(box.inner[1].content)
    content[at] ^= 1
    box.inner[1].content = bytes(content)


def test_whole_credentials_have_no_fault(broken):
    told = broken(lambda _: None)
    assert (told.state, told.failures, told.problems) == ("valid", (), ())
    assert told.ingredients[0].intact is True


def test_a_changed_picture_breaks_the_hash_of_the_data(result):
    data = bytearray(result.read_bytes())
    data[-5] ^= 1
    result.write_bytes(data)
    assert codes(verify(result)) == {("assertion.dataHash.mismatch", "c2pa.hash.data", False)}


def test_a_changed_statement_is_named(broken):
    def change(store: Box) -> None:
        content = part(manifests(store)[-1], "org.vivant.reenactment")[1].inner[1]
        assert content.content.count(b"mesh") == 1
        content.content = content.content.replace(b"mesh", b"mush")

    assert codes(broken(change)) == {
        ("assertion.hashedURI.mismatch", "org.vivant.reenactment", False)
    }


@pytest.mark.parametrize("label", ["c2pa.actions.v2", "org.vivant.reenactment"])
def test_a_statement_that_was_taken_out_is_named(broken, label):
    def change(store: Box) -> None:
        holder, one = part(manifests(store)[-1], label)
        holder.inner.remove(one)

    told = broken(change)
    assert ("assertion.missing", label, False) in codes(told)
    assert told.state == "broken"
    assert any("taken out" in problem for problem in told.problems)


def test_a_changed_claim_does_not_belong_to_its_signature(broken):
    def change(store: Box) -> None:
        claim = part(manifests(store)[-1], "c2pa.claim.v2")[1]
        flip(claim, claim.inner[1].content.find(b"AI-generated"))

    assert ("claimSignature.mismatch", "c2pa.signature", False) in codes(broken(change))


def test_a_changed_signature_does_not_belong_to_its_claim(broken):
    def change(store: Box) -> None:
        signature = part(manifests(store)[-1], "c2pa.signature")[1]
        flip(signature, -1)

    assert codes(broken(change)) == {("claimSignature.mismatch", "c2pa.signature", False)}


@pytest.mark.parametrize("label", ["c2pa.claim.v2", "c2pa.signature"])
def test_credentials_without_claim_or_signature_are_broken(broken, label):
    def change(store: Box) -> None:
        holder, one = part(manifests(store)[-1], label)
        holder.inner.remove(one)

    assert broken(change).state == "broken"


def test_a_change_in_the_credentials_of_an_ingredient_is_told_as_such(broken):
    def change(store: Box) -> None:
        content = part(manifests(store)[0], "org.vivant.reenactment")[1].inner[1]
        content.content = content.content.replace(b"earlier", b"earlies")

    told = broken(change)
    assert ("ingredient.manifest.mismatch", True) in {(c, inside) for c, _, inside in codes(told)}
    assert told.state == "broken"
    assert any("of the ingredient" in problem for problem in told.problems)


def test_an_ingredient_whose_credentials_were_taken_out_is_told(broken):
    def change(store: Box) -> None:
        store.inner.remove(manifests(store)[0])

    told = broken(change)
    assert "ingredient.manifest.missing" in {code for code, *_ in codes(told)}, told
    assert told.state == "broken"


def test_an_ingredient_that_was_swapped_is_told(broken, media, make_claim, tmp_path):
    """Another portrait's credentials, whole in themselves, in the place of the portrait's."""
    sign(media / "clip.webm", tmp_path / "other.webm", make_claim(engine="another portrait"))
    (other,) = parsed((tmp_path / "other.webm.c2pa").read_bytes())

    def change(store: Box) -> None:
        old, new = manifests(store)[0], manifests(other)[-1]
        name = new.inner[0].content
        new.inner[0] = replace(
            new.inner[0], content=name[:17] + old.label.encode() + name[17 + len(new.label) :]
        )
        store.inner[store.inner.index(old)] = new

    told = broken(change)
    assert "ingredient.manifest.mismatch" in {code for code, *_ in codes(told)}
    assert told.state == "broken"


def test_a_swapped_statement_of_the_portrait_is_told(broken):
    def change(store: Box) -> None:
        content = part(manifests(store)[-1], "org.vivant.reenactment")[1].inner[1]
        content.content = content.content.replace(b"ab" * 32, b"ba" * 32)

    assert broken(change).state == "broken"


def test_an_ingredient_that_was_broken_before_is_told_and_breaks_nothing(
    media, make_claim, tmp_path, flip
):
    portrait = tmp_path / "portrait.png"
    sign(media / "still.png", portrait, make_claim())
    flip(portrait)
    sign(media / "still.jpg", tmp_path / "out.jpg", make_claim(portrait=portrait))
    told = verify(tmp_path / "out.jpg")
    assert told.state == "valid"
    assert (told.ingredients[0].credentials, told.ingredients[0].intact) == (True, False)
