"""The form in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def opened(server, chromium):
    """Open the page, and see to it that nothing else was asked and nothing complained."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(300_000)
    asked, complaints = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(server.address)
    yield tab
    base = server.address.partition("/?")[0]
    assert all(url.startswith((base, "data:", "blob:")) for url in asked), asked
    assert not complaints
    context.close()


def shot(tab, name) -> None:
    """Keep a picture of the page where somebody wants to look at it."""
    folder = os.environ.get("VIVANT_SHOTS")
    if folder:
        tab.screenshot(path=Path(folder) / name, full_page=True)


def checked(tab, count) -> list:
    """Return class and headline of each result, once there are so many."""
    tab.locator("article:has(h3)").nth(count - 1).wait_for()
    assert tab.locator("article").count() == count
    return [
        (card.get_attribute("class"), card.query_selector(".headline").inner_text())
        for card in tab.query_selector_all("article")
    ]


def test_chosen_files_are_told_apart(opened, signed):
    names = ("signed.png", "changed.png", "plain.png")
    opened.set_input_files("#files", [signed / name for name in names])
    found = dict(checked(opened, 3))
    assert set(found) == {"valid", "broken", "none"}
    assert "Broken" in found["broken"]
    shot(opened, "form.png")


def test_a_file_and_its_sidecar_are_one(opened, signed):
    opened.set_input_files("#files", [signed / "signed.webm", signed / "signed.webm.c2pa"])
    assert [kind for kind, _ in checked(opened, 1)] == ["valid"]


def test_the_answer_is_announced(opened, signed):
    opened.set_input_files("#files", signed / "plain.png")
    checked(opened, 1)
    status = opened.query_selector("[role=status][aria-live=polite]")
    assert status.inner_text().startswith("plain.png: No credentials")


def test_names_are_text_and_nothing_else(opened, signed, tmp_path):
    odd = tmp_path / "<img src=x onerror=alert(1)>&amp;.png"
    odd.write_bytes((signed / "plain.png").read_bytes())
    opened.set_input_files("#files", odd)
    checked(opened, 1)
    assert opened.query_selector("article img") is None
    assert opened.query_selector("article h2").inner_text() == odd.name


def test_the_keyboard_reaches_the_choice_of_files(opened):
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.id") == "files"
    label = opened.evaluate("document.activeElement.labels[0].innerText")
    assert "Choose files" in label
    with opened.expect_file_chooser():
        opened.keyboard.press("Space")


def test_dropped_files_are_taken(opened):
    opened.evaluate(
        """() => {
            const all = new DataTransfer();
            all.items.add(new File(["no picture"], "note.txt"));
            document.dispatchEvent(new DragEvent("drop", {dataTransfer: all, cancelable: true}));
        }"""
    )
    assert checked(opened, 1)[0][0] == "refused"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(server, chromium, signed, scheme):
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    tab = context.new_page()
    tab.set_default_timeout(300_000)
    tab.goto(server.address)
    tab.set_input_files("#files", [signed / "signed.png", signed / "changed.png"])
    checked(tab, 2)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    shot(tab, f"phone-{scheme}.png")
    context.close()
