"""The page that people answer on, in a real browser, from a file and without network."""

from __future__ import annotations

import json

import pytest

from vivant.studies.people.analyse import analyse
from vivant.studies.people.answers import read_answers, read_key
from vivant.studies.people.make import make
from vivant.studies.people.settings import AnalyseSettings, MakeSettings


@pytest.fixture
def study(films, tmp_path):
    folders, reference = films
    settings = MakeSettings(pairs=5, ratings=2, checks=2, by="The lab <lab@example.org>")
    return make(tmp_path / "study", folders, settings, reference)


@pytest.fixture
def tab(chromium, study):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, offline=True, accept_downloads=True
    )
    tab = context.new_page()
    said, asked = [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(study.page.as_uri())
    yield tab
    assert said == []
    folder = study.page.parent.as_uri()
    assert [url for url in asked if not url.startswith((folder, "blob:"))] == []
    context.close()


def begin(tab):
    """Agree and begin, by the keyboard alone."""
    tab.keyboard.press("Tab")
    assert tab.locator("#agree").evaluate("a => a === document.activeElement")
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")


def reply(tab):
    """Answer one trial by keys: where one side is asked for by name, rightly."""
    question = tab.locator("#question").inner_text()
    still = tab.locator("#stage video").first.get_attribute("data-still")
    same = tab.evaluate(
        "new Set([...document.querySelectorAll('#stage video')].map(v => v.src)).size"
    )
    moves = "does the face move" in question
    tab.keyboard.press(("3" if still == "" else "1") if moves else "2" if same == 1 else "1")
    tab.keyboard.press("Enter")


def save(tab, path):
    tab.locator("#save").focus()
    with tab.expect_download() as download:
        tab.keyboard.press("Enter")
    download.value.save_as(path)
    return path


def test_all_is_answered_by_keyboard_and_the_file_is_read(tab, study, tmp_path):
    assert not tab.locator("#trial").is_visible()
    begin(tab)
    count = 0
    while tab.locator("#trial").is_visible():
        count += 1
        assert tab.locator("#count").inner_text() == f"{count} of 9"
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        reply(tab)
    assert count == 9
    file = save(tab, tmp_path / "answers.json")
    found = read_answers(file, read_key(study.key.parent))
    assert (len(found.comparisons), len(found.ratings)) == (5, 2)
    assert found.checks == [True, True]
    assert {one.question for one in found.comparisons} == {"natural", "driver", "person"}
    plain = analyse(study.key.parent, [file], AnalyseSettings(draws=100))
    assert plain["extra"]["participants"]["used"] == 1
    assert plain["failed"] == []


def test_nothing_begins_without_agreement(tab):
    assert tab.locator("#begin").is_disabled()
    tab.keyboard.press("1")
    tab.keyboard.press("Enter")
    assert not tab.locator("#trial").is_visible()


def test_a_reload_loses_nothing(tab):
    begin(tab)
    reply(tab)
    reply(tab)
    before = tab.locator("#stage video").evaluate_all("all => all.map(v => v.src)")
    question = tab.locator("#question").inner_text()
    tab.reload()
    assert tab.locator("#count").inner_text() == "3 of 9"
    assert tab.locator("#question").inner_text() == question
    assert tab.locator("#stage video").evaluate_all("all => all.map(v => v.src)") == before


def test_an_answer_can_be_changed_until_next_is_pressed(tab):
    begin(tab)
    assert tab.locator("#next").is_disabled()
    tab.keyboard.press("3")
    tab.keyboard.press("2")
    tab.keyboard.press("Enter")
    kept = tab.evaluate("JSON.parse(Object.values(localStorage)[0]).answers")
    assert [one["choice"] for one in kept] == ["tie"]


def test_videos_play_pause_and_play_again(tab):
    begin(tab)
    playing = "[...document.querySelectorAll('#stage video')].some(v => !v.paused)"
    tab.wait_for_function(playing)
    tab.keyboard.press("p")
    assert not tab.evaluate(playing)
    assert tab.locator("#pause").inner_text().startswith("Play")
    tab.keyboard.press("r")
    tab.wait_for_function(playing)


def test_who_wants_little_motion_is_not_shown_it_unasked(tab):
    tab.emulate_media(reduced_motion="reduce")
    tab.reload()
    begin(tab)
    tab.wait_for_timeout(200)
    assert tab.evaluate("[...document.querySelectorAll('#stage video')].every(v => v.paused)")


def test_everything_has_a_name_for_those_who_listen(tab):
    begin(tab)
    while tab.locator("#trial").is_visible():
        names = tab.locator("#stage video, #stage img").evaluate_all(
            "all => all.map(v => v.getAttribute('aria-label') || v.alt)"
        )
        assert all(names)
        assert tab.get_by_role("radio").count() in (3, 5)
        assert tab.get_by_role("group", name=tab.locator("#question").inner_text()).count() == 1
        assert tab.evaluate("document.activeElement.id") == "question"
        reply(tab)


def test_two_people_see_different_orders_and_sides(tab, study):
    seen = []
    for _ in range(2):
        tab.evaluate("localStorage.clear()")
        tab.reload()
        tab.locator("#agree").check()
        tab.locator("#begin").click()
        order = []
        while tab.locator("#trial").is_visible():
            order.append(tab.locator("#stage video").evaluate_all("all => all.map(v => v.src)"))
            reply(tab)
        seen.append(order)
    assert seen[0] != seen[1]


def test_another_person_begins_anew(tab):
    begin(tab)
    while tab.locator("#trial").is_visible():
        reply(tab)
    first = json.loads(tab.locator("#text").input_value())["participant"]
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.locator("#anew").click()
    begin_again = tab.locator("#welcome")
    assert begin_again.is_visible()
    tab.locator("#agree").check()
    tab.locator("#begin").click()
    reply(tab)
    kept = tab.evaluate("JSON.parse(Object.values(localStorage)[0])")
    assert kept["participant"] != first
    assert len(kept["answers"]) == 1
