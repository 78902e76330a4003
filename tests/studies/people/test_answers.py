"""Answers come from strangers: what the page could not have written is refused."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant.errors import DamagedMedia, PathRefused
from vivant.studies.people.answers import MOST_BYTES, answer_files, read_answers, read_key


@pytest.fixture
def key(made):
    return read_key(made.key.parent)


@pytest.fixture
def good(answer):
    return json.loads(answer(1, lambda a, b: "tie").read_text(encoding="utf-8"))


def test_answers_of_the_page_are_read_with_their_checks(answer, key):
    found = read_answers(answer(7, lambda a, b: a), key)
    assert found.participant == "0000000000000007"
    assert len(found.comparisons) == 12
    assert len(found.ratings) == 12
    assert found.checks == [True, True]
    assert found.seconds == pytest.approx(12 * 2.5 + 2 + 36)


def change(path, value):
    """Return a function that sets one value deep inside."""

    def apply(plain):
        *way, last = path
        for step in way:
            plain = plain[step]
        if value is ...:
            del plain[last]
        else:
            plain[last] = value

    return apply


PAIR, SAME, MOVES, RATED = ("answers", 0), ("answers", 12), ("answers", 13), ("answers", 14)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("extra",), 1, "its names are"),
        (("finished",), ..., "its names are"),
        (("format",), "vivant.people/9", "its format"),
        (("study",), "f" * 16, "it belongs to the study"),
        (("participant",), "../../etc/passwd", "participant"),
        (("participant",), 5, "participant"),
        (("agreed",), 1, "agreed"),
        (("finished",), "yes", "agreed"),
        (("answers",), {}, "no list"),
        (("answers",), [{}] * 3000, "no list of at most 2000"),
        (PAIR, "left", "it is no object"),
        ((*PAIR, "note"), "x", "its names are"),
        ((*PAIR, "kind"), "prank", "has such sides"),
        ((*PAIR, "kind"), [], "kind is"),
        ((*PAIR, "question"), "check", "has such sides"),
        ((*PAIR, "question"), ["natural"], "kind is"),
        ((*PAIR, "seconds"), -1, "seconds"),
        ((*PAIR, "seconds"), True, "seconds"),
        ((*PAIR, "seconds"), "1", "seconds"),
        ((*PAIR, "seconds"), 10**9, "seconds"),
        ((*PAIR, "choice"), "both", "choice"),
        ((*PAIR, "choice"), None, "choice"),
        ((*PAIR, "left"), "media/ffff.png", "not of this study"),
        ((*PAIR, "left"), {"a": 1}, "not of this study"),
        ((*PAIR, "still"), "left", "has such sides"),
        ((*SAME, "still"), "up", "has such sides"),
        ((*MOVES, "still"), None, "has such sides"),
        ((*RATED, "value"), 6, "value"),
        ((*RATED, "value"), 2.5, "value"),
        ((*RATED, "value"), True, "value"),
        ((*RATED, "media"), ["x"], "not of this study"),
        ((*RATED, "question"), "driver", "not of this study"),
    ],
)
def test_what_the_page_cannot_say_is_refused(good, key, tmp_path, path, value, words):
    change(path, value)(good)
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(good), encoding="utf-8")
    with pytest.raises(DamagedMedia, match=words):
        read_answers(file, key)


def test_results_of_two_items_are_no_pair_and_nothing_is_answered_twice(good, key, tmp_path):
    file = tmp_path / "bad.json"
    other = next(
        one for one in key.media if key.media[one][1] != key.media[good["answers"][0]["left"]][1]
    )
    file.write_text(
        json.dumps(good | {"answers": [good["answers"][0] | {"right": other}]}), encoding="utf-8"
    )
    with pytest.raises(DamagedMedia, match="has such sides"):
        read_answers(file, key)
    pair = good["answers"][0]
    turned = pair | {"left": pair["right"], "right": pair["left"]}
    file.write_text(json.dumps(good | {"answers": [pair, turned]}), encoding="utf-8")
    with pytest.raises(DamagedMedia, match="answered twice"):
        read_answers(file, key)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a":' * 100_000, "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "no JSON"),
        (b" " * (MOST_BYTES + 1), "more than"),
    ],
)
def test_what_is_no_small_plain_json_is_refused(key, tmp_path, content, words):
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    with pytest.raises(DamagedMedia, match=words):
        read_answers(file, key)


plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


NAMES = ["kind", "question", "seconds", "left", "right", "still", "choice", "value", "media"]


@given(st.sampled_from(NAMES), st.integers(0, 20), plain_json)
def test_any_value_anywhere_is_read_or_refused_and_nothing_else(
    good, key, tmp_path, name, at, value
):
    plain = copy.deepcopy(good)
    if name in plain["answers"][at]:
        plain["answers"][at][name] = value
    file = tmp_path / "any.json"
    file.write_text(json.dumps(plain), encoding="utf-8")
    with contextlib.suppress(DamagedMedia):
        read_answers(file, key)


def test_folders_stand_for_the_files_in_them_and_missing_ones_are_named(answer, made, tmp_path):
    first = answer(1, lambda a, b: a)
    assert answer_files([first.parent, first]) == [first]
    with pytest.raises(PathRefused, match="no such file"):
        answer_files([tmp_path / "missing.json"])
    with pytest.raises(PathRefused, match="found 0 files"):
        answer_files([made.page.parent])
    with pytest.raises(PathRefused, match="found 0 files"):
        answer_files([made.key.parent])


def test_a_key_that_is_none_is_refused(tmp_path):
    with pytest.raises(PathRefused, match="cannot be read"):
        read_key(tmp_path)
    for text, words in (('{"format": "x"}', "format"), ('{"a": 1}', "missing")):
        (tmp_path / "key.json").write_text(text, encoding="utf-8")
        with pytest.raises(DamagedMedia, match=words):
            read_key(tmp_path)
