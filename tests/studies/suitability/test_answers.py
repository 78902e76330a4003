from __future__ import annotations

import pytest

from vivant.studies.suitability.answers import against, answers, conclusions, correlated


def row(portrait, answers, score, **more):
    return {
        "portrait": portrait, "driver": "d", "identity": portrait, "score": float(score),
        "eyes": float(score), "mouth": float(score), "points": {"lids": 1},
        "answers": answers, "face": 100, "problem": "", "advice": float(score), **more,
    }  # fmt: skip


def sizes(small):
    return [
        *(row(f"p{i}", {"size": "same", "position": "centre"}, 9 + i % 2) for i in range(6)),
        *(row(f"p{i}", {"size": "smaller"}, 9 + i % 2, face=60) for i in range(6)),
        *(row(f"p{i}", {"size": "much smaller"}, small + i % 2, face=30) for i in range(6)),
    ]


def test_sizes_are_compared_portrait_by_portrait():
    found = answers(sizes(4))["size"]
    assert list(found) == ["same", "smaller", "much smaller"]
    assert found["same"]["against"] is None
    assert found["smaller"]["against"]["verdict"] == "not told apart"
    worse = found["much smaller"]["against"]
    assert (worse["difference"], worse["low"], worse["high"]) == (-5, -5, -5)
    assert worse["verdict"] == "worse"
    assert found["same"]["score"]["identities"] == 6


def test_the_threshold_of_size_is_told():
    told = " ".join(conclusions(sizes(4), answers(sizes(4))))
    assert "between 60 (smaller) and 30 pixels across (much smaller)" in told
    told = " ".join(conclusions(sizes(9), answers(sizes(9))))
    assert "No smaller size is told to be worse" in told


def test_the_order_of_the_mouths_states_is_compared_with_theirs():
    groups = {"slightly open, dark": 9, "closed": 8, "slightly open, teeth": 5, "open, teeth": 7}
    rows = [
        row(f"{state}{i}", {"mouth": state}, points + 0.1 * i)
        for state, points in groups.items()
        for i in range(5)
    ]
    told = " ".join(conclusions(rows, answers(rows)))
    assert "slightly open, dark > closed > open, teeth > slightly open, teeth" in told
    assert "points of the mouth alone" in told
    assert "confirms 2, contradicts 1 and cannot tell 0" in told


def test_one_person_is_never_told_apart():
    a, b = [row("p", {}, 9)], [row("p", {}, 1)]
    assert against(a, b, paired=False)["verdict"] == "not told apart"
    assert against(a, b, paired=True)["low"] is None


def test_what_was_refused_is_counted_and_a_subject_of_a_manifest_is_kept():
    rows = [row("a", {"subject": "photo"}, 9), row("b", {"subject": "robot"}, 0, problem="no face")]
    found = answers(rows)["subject"]
    assert list(found) == ["photo", "robot"]
    assert found["robot"]["refused"] == 1


def test_ranks_share_their_ties():
    scipy = pytest.importorskip("scipy.stats")
    a, b = [1, 2, 2, 3, 5, 5], [2, 1, 4, 4, 6, 5]
    assert correlated(a, b) == pytest.approx(scipy.spearmanr(a, b).statistic)
    assert correlated([1, 1], [1, 2]) is None
