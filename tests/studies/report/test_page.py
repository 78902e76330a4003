"""The page that shows a study; in a real browser where there is one."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

import pytest

from vivant.studies.report.page import page, policy
from vivant.studies.report.parts import Picture, Pictures, Plot, Series, Table
from vivant.studies.report.standard import standard

VOID = {"meta", "link", "img", "br", "input", "path", "use", "rect"}


class Outline(HTMLParser):
    """What a page is made of: its elements, ids, headings and addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.heads: list[int] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)
        if re.fullmatch(r"h\d", tag):
            self.heads.append(int(tag[1]))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "srcset", "action", "data", "poster"):
                self.addresses.append(value)
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}")

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture
def text(plain, own):
    pytest.importorskip("matplotlib")
    return page(plain, standard(plain, own))


def test_it_is_one_well_formed_file_with_ids_of_their_own(text):
    outline = Outline(text)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.heads[0] == 1
    assert all(b - a <= 1 for a, b in zip(outline.heads, outline.heads[1:], strict=False))
    assert '<html lang="en">' in text


def test_hostile_names_are_shown_and_do_nothing(text):
    outline = Outline(text)
    assert outline.tags.count("script") == 1
    assert outline.handlers == []
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in text
    assert "顔" in text
    text.encode()


def test_it_names_nothing_outside_of_itself(text):
    addresses = Outline(text).addresses
    assert all(address.startswith(("#", "data:image/")) for address in addresses)
    assert "@import" not in text


def test_its_policy_allows_its_one_program_and_nothing_else(text):
    script = text[text.index("<script>") + 8 : text.index("</script>")]
    assert f'content="{policy(script)}"' in text.replace("&#x27;", "'")
    assert policy(script).startswith("default-src 'none'; img-src data:; media-src data:;")


def test_links_of_the_contents_lead_to_sections(text):
    outline = Outline(text)
    links = {address[1:] for address in outline.addresses if address.startswith("#")}
    assert links <= set(outline.ids)


def test_the_best_is_marked_for_eyes_and_ears_and_intervals_are_shown(text):
    cell = r'<td class="number best" data-value="0.055">0.0550 '
    assert re.search(cell + r'<span class="between">\[0.0450, 0.0650\]</span>', text)
    assert '<span class="heard"> best</span>' in text
    assert '<span class="heard"> (lower is better)</span>' in text


def test_without_matplotlib_it_says_how_to_get_it_and_shows_the_numbers(plain, own, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = page(plain, own)
    assert "pip install &#x27;vivant[eval]&#x27;" in text
    assert "<svg" not in text
    assert '<th scope="row" class="number" data-value="1.0">1</th>' in text


def test_a_report_of_nothing_is_still_a_page():
    assert "<h1>Study: self</h1>" in page({"study": "self"}, [])


@pytest.fixture
def opened(chromium, text, tmp_path):
    """The page from a file, without network; and all it says and asks for."""
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    tab = context.new_page()
    said, asked = [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())
    yield tab
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    context.close()


def column(tab, section, at):
    cells = tab.locator(f"#{section} tbody tr > :nth-child({at})")
    return [text.split(" ")[0] for text in cells.all_inner_texts()]


def test_a_click_sorts_a_table_and_another_turns_it(opened):
    opened.locator("#every-row summary").click()
    head = opened.get_by_role("columnheader", name="l1")
    button = opened.locator("#every-row thead button", has_text="l1")
    button.click()
    assert opened.locator("#every-row th[aria-sort]").get_attribute("aria-sort") == "descending"
    found = [float(cell) for cell in column(opened, "every-row", 4)]
    assert found == sorted(found, reverse=True)
    button.click()
    found = [float(cell) for cell in column(opened, "every-row", 4)]
    assert found == sorted(found)
    assert head.count() >= 1


def test_the_keyboard_sorts_words_too_with_what_is_missing_last(chromium, tmp_path):
    rows = [["clip 10", 1.0], ["clip 9", None], ["Clip 1", 3.0], [None, 2.0]]
    path = tmp_path / "t.html"
    path.write_text(page({"study": "s"}, [Table("T", ["name", "v"], rows)]), encoding="utf-8")
    tab = chromium.new_page()
    tab.goto(path.as_uri())
    first, second = tab.locator("thead button").all()
    first.focus()
    tab.keyboard.press("Enter")
    assert column(tab, "t", 2) == ["3.00", "-", "1.00", "2.00"]
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert column(tab, "t", 2) == ["3.00", "2.00", "1.00", "-"]
    assert second.evaluate("b => b.parentElement.getAttribute('aria-sort')") == "descending"
    tab.close()


def test_a_table_wider_than_a_phone_stays_in_its_box_with_all_that_is_only_heard(
    chromium, tmp_path
):
    heads = ["case", *(f"a metric with a long name {number}" for number in range(9))]
    higher = dict.fromkeys(heads[1:], True)
    rows = [[f"row {row}", *(float(row + at) for at in range(9))] for row in range(3)]
    path = tmp_path / "wide.html"
    text = page({"study": "s"}, [Table("Wide", heads, rows, higher_is_better=higher)])
    path.write_text(text, encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 390, "height": 844})
    tab.goto(path.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_moves_sideways_but_tables_in_their_box(opened, scheme):
    opened.emulate_media(color_scheme=scheme)
    opened.set_viewport_size({"width": 390, "height": 844})
    for summary in opened.locator("summary").all():
        summary.click()
    assert opened.evaluate("document.documentElement.scrollWidth") == 390
    box = opened.locator("#every-input .scroll")
    assert box.evaluate("b => b.scrollWidth > b.clientWidth")


def test_a_picture_opens_at_its_full_size_and_escape_closes_it(opened):
    opened.locator(".picture button").focus()
    opened.keyboard.press("Enter")
    shown = opened.locator("dialog[open] img")
    assert shown.evaluate("i => i.getBoundingClientRect().width") == 900
    opened.keyboard.press("Escape")
    assert opened.locator("dialog[open]").count() == 0


def test_no_load_gets_out_even_if_somebody_adds_one(chromium, text, tmp_path):
    path = tmp_path / "report.html"
    added = "<img src='https://example.org/a.png'><script>document.title='run'</script>"
    path.write_text(text.replace("<main", f"{added}<main"), encoding="utf-8")
    tab = chromium.new_page()
    asked = []
    tab.route("https://**", lambda route: (asked.append(route.request.url), route.abort()))
    tab.goto(path.as_uri())
    assert asked == []
    assert tab.title() != "run"
    tab.close()


CONTRAST = """() => {
  const channels = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = channels(c).map(v => { v /= 255;
    return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (channels(c)[3] !== 0) return c; } };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || e.closest('.heard, .skip, dialog, script') || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const colour = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [a, b] = [light(colour), light(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) bad.push(e.outerHTML.slice(0, 80) + colour);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(opened, scheme):
    opened.emulate_media(color_scheme=scheme)
    assert opened.evaluate(CONTRAST) == []  # WCAG 1.4.3


def test_it_prints_without_what_only_a_screen_can_do(opened):
    opened.emulate_media(media="print", color_scheme="dark")
    assert not opened.locator("nav").is_visible()
    ink = opened.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(28, 34, 39)"


def test_words_of_a_plot_are_in_its_own_name_even_where_two_have_the_same(plain):
    pytest.importorskip("matplotlib")
    plot = Plot("P", "bars", "", "", [Series("s", ["a"], [1])])
    outline = Outline(page(plain, [plot, plot, Pictures("P", [Picture("c", b"\x89PNG")])]))
    assert {"p", "p-2", "p-3"} <= set(outline.ids)
