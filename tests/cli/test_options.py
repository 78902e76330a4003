from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant import engines
from vivant.animation.settings import AnimateSettings
from vivant.cli.animate import engine_named
from vivant.cli.options import AnimateOptions, LabelOptions, controls, seconds
from vivant.errors import SettingsError
from vivant.marks import LabelSettings

RENAMED = {"start": "--from", "end": "--to", "controls": "--set"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0", 0),
        ("12", 12),
        ("12.5", Fraction(25, 2)),
        (".25", Fraction(1, 4)),
        ("90", 90),
        ("1:30", 90),
        ("0:05.040", Fraction(126, 25)),
        ("59:59", 3599),
        ("2:00:01.5", Fraction(14403, 2)),
    ],
)
def test_times_are_read_as_people_write_them_and_stay_exact(text, wanted):
    assert seconds(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "1:5", "1:60", "1:99.5", ":30", "1:2:3", "1e3", "nan", "inf", "1/3", "1,5"],
)
def test_other_times_are_refused_with_an_example(text):
    with pytest.raises(SettingsError, match=r"12\.5 or 1:30"):
        seconds(text)


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 999))
def test_minutes_seconds_and_thousandths_add_up(minutes, whole, thousandths):
    text = f"{minutes % 60}:{whole:02}.{thousandths:03}"
    assert seconds(text) == (minutes % 60) * 60 + whole + Fraction(thousandths, 1000)


def test_sliders_are_read_as_people_write_them():
    assert controls(["gaze-x=-0.5, smile=.2", "smile=1"]) == {"gaze_x": -0.5, "smile": 1.0}


@pytest.mark.parametrize(
    "text", ["", "smile", "smile=", "=", "smile=much", "smile=0,5", "smile=1,"]
)
def test_other_sliders_are_refused_with_an_example(text):
    with pytest.raises(SettingsError, match=r"such as smile=0\.5"):
        controls([text])


@pytest.mark.parametrize("settings", [AnimateSettings, LabelSettings])
def test_the_command_line_has_the_defaults_of_the_settings(settings):
    options = {AnimateSettings: AnimateOptions, LabelSettings: LabelOptions}[settings]
    assert [field.name for field in fields(options)] == [field.name for field in fields(settings)]
    for field in fields(settings):
        assert getattr(options(), field.name) == getattr(settings(), field.name)


def test_every_setting_is_an_option_with_its_help(run):
    shown = " ".join(run("animate", "--help").out.replace("│", " ").split())
    for field in fields(AnimateSettings):
        option = RENAMED.get(field.name, f"--{field.name.replace('_', '-')}")
        assert f"{option} " in shown
    assert "Longer side of the result in pixels" in shown
    assert "--absolute" in shown
    for field in fields(LabelSettings):
        name = field.name.replace("_", "-")
        assert ("--label TEXT" if name == "text" else f"--label-{name}") in shown


def test_every_setting_of_the_engine_is_an_option_with_its_help(run):
    shown = run("animate", "--help").out
    for field in fields(engines.settings_class("mesh")):
        assert f"--mesh.{field.name.replace('_', '-')}" in shown
    assert "Engine mesh" in shown


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["animate", "a", "b"], "mesh"),
        (["animate", "a", "b", "--engine", "fomm"], "fomm"),
        (["animate", "--engine=fomm", "a", "b"], "fomm"),
        (["animate", "a", "b", "--engine"], "mesh"),
    ],
)
def test_the_engine_is_known_before_its_options_are_read(words, name):
    assert engine_named(words) == name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "mehs"], "no engine 'mehs'; did you mean 'mesh'? known: "),
        (["--mesh.strenght", "0.5"], "Did you mean --mesh.strength?"),
        (["--mesh.strength", "7"], "strength must lie in [0, 1], got 7.0"),
        (["--mesh.strength", "much"], '"much"'),
        (["--size", "3"], "size must lie in [16, 8192] pixels, got 3"),
        (["--size", "large"], "--size"),
        (["--threads", "0"], "threads must lie in [1, 64], got 0"),
        (["--frame", "half"], '"full", "crop"'),
        (["--on-missing-face", "cry"], '"hold", "rest", "fail"'),
        (["--crop", "1,2,3"], "X,Y,W,H"),
        (["--reference", "-1"], "reference"),
        (["--from", "soon"], "--from: a time is written as seconds or M:SS"),
        (["--from", "9", "--to", "4"], "end must lie after start"),
        (["--label", "off"], "--label-off-reason"),
        (["--label-off-reason", "it is art"], "Pass --label off as well"),
        (["--label-size", "90"], "[2, 20]"),
        (["--label-corner", "middle"], "bottom-left"),
        (["--consent", "maybe"], "historical"),
        (["--demo"], "--demo brings its own"),
    ],
)
def test_a_refused_value_is_told_with_what_is_wanted(run, tmp_path, words, said):
    from vivant import samples

    ran = run("animate", samples.portrait(), samples.driving(), "-o", tmp_path / "out.mp4", *words)
    assert ran.code == 2
    assert said in ran.err
    assert not ran.out
    assert not list(tmp_path.iterdir())
