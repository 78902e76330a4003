from __future__ import annotations

import pytest

from vivant.errors import SettingsError, ShapeError

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("safetensors", reason="learned engines need the extra learned")

import cases  # noqa: E402

from vivant.engines.glow import expression  # noqa: E402
from vivant.engines.glow.network import build  # noqa: E402
from vivant.engines.glow.pixels import to_input, to_pictures  # noqa: E402


@pytest.fixture(scope="module")
def recorded() -> cases.Case:
    return cases.carried("glow/A_affine_lu")


@pytest.fixture(scope="module")
def glow(recorded: cases.Case):  # type: ignore[no-untyped-def]
    flow = build(recorded.config)["glow"]
    recorded.load(flow, "")
    return flow


@pytest.fixture(scope="module")
def faces():  # type: ignore[no-untyped-def]
    """Return pictures of which each step of 5 bits holds the middle value."""
    chance = torch.Generator().manual_seed(3)
    steps = torch.randint(0, 32, (3, 3, 32, 32), generator=chance)
    return (steps * 8 + 4).to(torch.uint8)


def same(a, b) -> bool:  # type: ignore[no-untyped-def]
    return all(torch.equal(left, right) for left, right in zip(a, b, strict=True))


def test_pictures_are_read_as_recorded(recorded):
    read = to_input(torch.from_numpy(recorded.arrays["image_u8"]), 5, recorded["noise"])
    recorded.check("x", read, 1e-6)


def test_a_real_picture_comes_back_from_its_codes(glow, faces):
    drawn = expression.decode(glow, expression.encode(glow, faces))
    assert (drawn.int() - faces.int()).abs().max() <= 1


def test_pictures_come_back_within_half_a_step(faces):
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).repeat(1, 3, 1, 1)
    for bits in range(1, 9):
        off = (to_pictures(to_input(every, bits)).int() - every.int()).abs().max()
        assert off <= 2 ** (8 - bits) / 2


def test_a_transfer_of_strength_0_changes_nothing_and_of_1_adds_the_vector(glow, faces):
    codes = expression.encode(glow, faces)
    showing, neutral = [code[1:] for code in codes], [code[:1] for code in codes]
    vector = expression.expression_vector(showing, neutral)
    assert all(code.shape[0] == 1 for code in vector)
    assert same(expression.transfer(neutral, vector, 0.0), neutral)
    carried = expression.transfer(neutral, vector)
    for code, mean in zip(carried, expression.mean(showing), strict=True):
        torch.testing.assert_close(code, mean)
    assert expression.decode(glow, expression.transfer(codes, vector, 2.0)).shape == faces.shape


def test_the_mean_of_one_picture_is_itself(glow, faces):
    codes = expression.encode(glow, faces[:1])
    assert same(expression.mean(codes), codes)


def test_chance_is_the_callers_and_temperature_0_draws_what_is_likeliest(glow):
    def draw(temperature, seed):  # type: ignore[no-untyped-def]
        chance = torch.Generator().manual_seed(seed)
        return expression.sample(glow, 2, 32, temperature, chance)

    assert draw(0.7, 1).shape == (2, 3, 32, 32)
    assert torch.equal(draw(0.7, 1), draw(0.7, 1))
    assert not torch.equal(draw(0.7, 1), draw(0.7, 2))
    assert torch.equal(draw(0.0, 1), draw(0.0, 2))


def test_wrong_requests_say_what_is_wrong(glow, faces):
    with pytest.raises(ShapeError, match="uint8"):
        expression.encode(glow, faces.float())
    with pytest.raises(ShapeError, match="different sizes"):
        expression.transfer(
            expression.encode(glow, faces), expression.encode(glow, faces[:, :, :16, :16])
        )
    with pytest.raises(ShapeError, match="no pictures"):
        expression.mean([])
    with pytest.raises(SettingsError, match="multiple of 4"):
        expression.sample(glow, 1, 30)
    with pytest.raises(SettingsError, match="at least 0"):
        expression.sample(glow, 1, 32, -1.0)
    with pytest.raises(SettingsError, match="n_bits"):
        to_input(faces, 9)
