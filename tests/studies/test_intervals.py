from __future__ import annotations

import numpy as np
import pytest

from vivant.studies.intervals import compared, estimate, summarised, widening


def test_the_interval_is_that_of_scipy_where_each_row_is_another_person():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(3).normal(5, 2, 40)
    told = estimate(list(values), [str(place) for place in range(40)])
    reference = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    assert told.mean == pytest.approx(values.mean())
    wider = widening(40)
    assert told.mean - told.low == pytest.approx(wider * (told.mean - reference.low), abs=0.08)
    assert told.high - told.mean == pytest.approx(wider * (reference.high - told.mean), abs=0.08)


def test_the_widening_is_that_of_students_distribution():
    stats = pytest.importorskip("scipy.stats")
    for people in (*range(2, 40), 100, 5000):
        student = stats.t.ppf(0.975, people - 1) / stats.norm.ppf(0.975)
        exact = student * np.sqrt(people / (people - 1))
        assert widening(people) == pytest.approx(exact, rel=3e-3)


def test_repeating_the_same_people_makes_nothing_surer():
    values = list(np.random.default_rng(0).normal(0, 1, 12))
    names = [f"person {place}" for place in range(12)]
    once, often = estimate(values, names), estimate(values * 50, names * 50)
    assert often.high - often.low == pytest.approx(once.high - once.low)
    naive = estimate(values * 50, [str(place) for place in range(600)])
    assert naive.high - naive.low < 0.3 * (often.high - often.low)


@pytest.mark.parametrize("count", [3, 5, 10, 25])
def test_intervals_hold_the_truth_as_often_as_they_say(count):
    rng = np.random.default_rng(7)
    names = [str(person) for person in np.repeat(np.arange(count), 4)]
    hits = 0
    for seed in range(200):
        people = rng.normal(1.0, 1.0, count)
        values = np.repeat(people, 4) + rng.normal(0, 0.3, 4 * count)
        told = estimate(list(values), names, seed)
        hits += told.low <= 1.0 <= told.high
    assert 0.90 < hits / 200 <= 0.99


def test_where_both_portraits_and_drivers_are_drawn_the_truth_is_held_too():
    rng = np.random.default_rng(3)
    portraits, drivers = np.repeat(np.arange(20), 8), np.tile(np.arange(8), 20)
    both = hits = 0
    for seed in range(100):
        values = (rng.normal(0, 1, 20)[portraits] + rng.normal(0, 1, 8)[drivers]
                  + rng.normal(0, 1, 160))  # fmt: skip
        names = [str(one) for one in portraits], [str(one) for one in drivers]
        told = estimate(list(values), names[0], seed, names[1])
        alone = estimate(list(values), names[0], seed)
        both += told.low <= 0 <= told.high
        hits += alone.low <= 0 <= alone.high
    assert both >= 90
    assert hits < 85  # as if all other drivers were like these


def test_one_person_gives_no_interval():
    told = estimate([1.0, 2.0, 3.0], ["a", "a", "a"])
    assert (told.mean, told.low, told.high) == (2.0, None, None)


def test_what_is_not_finite_is_counted_apart():
    rows = [{"identity": "a", "psnr": 30.0}, {"identity": "b", "psnr": float("inf")}]
    told = summarised(rows)["psnr"]
    assert (told["mean"], told["rows"], told["infinite"]) == (30.0, 1, 1)


def pairs(shift: float) -> tuple[list[dict], list[dict]]:
    rng = np.random.default_rng(1)
    base = rng.normal(10, 5, 30)  # clips differ a lot ...
    mine = base + shift + rng.normal(0, 0.1, 30)  # ... the engines little, and always alike
    make = lambda values: [  # noqa: E731
        {"key": f"clip {place}", "identity": f"person {place // 2}", "l1": float(value)}
        for place, value in enumerate(values)
    ]
    return make(mine), make(base)


def test_a_small_effect_shows_when_the_same_clips_are_compared():
    a, b = pairs(-0.3)
    (told,) = compared(a, b, {"l1": False})
    assert told["difference"] == pytest.approx(-0.3, abs=0.05)
    assert (told["pairs"], told["identities"], told["better"]) == (30, 15, "a")
    assert compared(a, b, {"l1": True})[0]["better"] == "b"
    assert compared(a, b, {"l1": None})[0]["better"] is None
    ours, theirs = summarised(a)["l1"], summarised(b)["l1"]
    assert ours["low"] < theirs["high"]  # the means alone would not tell them apart
    assert theirs["low"] < ours["high"]


def test_what_does_not_differ_is_not_told_apart():
    a, b = pairs(0.0)
    assert compared(a, b, {"l1": False})[0]["better"] is None


def test_rows_without_a_partner_are_left_out():
    a, b = pairs(-0.3)
    (told,) = compared(a[:20], b[10:], {"l1": False})
    assert told["pairs"] == 10
    assert compared(a[:5], b[5:], {"l1": False}) == []


def test_nothing_is_an_error():
    with pytest.raises(ValueError, match="wants rows"):
        estimate([], [])
