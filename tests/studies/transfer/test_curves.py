from __future__ import annotations

import pytest

from vivant.studies.transfer.curves import curves
from vivant.studies.transfer.report import conclusions
from vivant.studies.transfer.strengths import ALL, COARSE, named


def rows(own, foreign=lambda strength: 1.2, people=3):
    return [
        {"expression": "smile", "target": f"p{who}", "identity": f"p{who}",
         "strength": named(strength), "own": own(strength) + 0.01 * who,
         "foreign": foreign(strength), "between": 1.2, "reached": strength,
         "units": {"AU12_r": 5 * strength, "AU45_r": 1.0}}
        for who in range(people)
        for strength in ALL
    ]  # fmt: skip


def test_slopes_are_those_of_the_line():
    found = curves(rows(lambda strength: 0.1 + 0.4 * strength))
    for end, value in (("mean", 0.4), ("low", 0.4), ("high", 0.4)):
        assert found["slopes"]["own"][end] == pytest.approx(value)
    assert found["slopes"]["foreign"]["mean"] == pytest.approx(0, abs=1e-12)
    assert found["curves"]["own"]["0.5"]["mean"] == pytest.approx(0.31)
    assert set(found["curves"]["own"]) == {named(one) for one in ALL}
    assert list(found["units"]["smile"]["AU12_r"]) == [named(one) for one in ALL]


def test_where_identity_is_lost_is_told_between_two_strengths():
    found = curves(rows(lambda strength: 2 * strength - 0.01))
    assert found["lost"]["own"] == pytest.approx(1.1287 / 2, abs=0.01)
    told = " ".join(conclusions(found))
    assert "up to strength 0.56; beyond, identity is lost" in told
    kept = curves(rows(lambda strength: 0.1))
    assert kept["lost"]["own"] is None
    assert "up to strength 1.00, the most there is" in " ".join(conclusions(kept))


def test_it_is_told_from_where_a_result_is_nearer_to_the_source():
    found = curves(rows(lambda strength: strength, lambda strength: 1 - strength))
    assert found["nearer"] == 0.5
    assert "From strength 0.50 on" in " ".join(conclusions(found))
    assert curves(rows(lambda strength: 0.1))["nearer"] is None


def test_what_was_not_measured_is_left_out():
    bare = [{name: value for name, value in row.items() if name not in ("own", "foreign")}
            for row in rows(lambda strength: 0.1, people=1)]  # fmt: skip
    found = curves(bare)
    assert set(found["curves"]) == {"reached"}
    assert found["lost"] == {}
    assert found["slopes"]["reached"]["low"] is None
    assert "does not change for certain" in " ".join(conclusions(found))
    assert len(COARSE) == 11
