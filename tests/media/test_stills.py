from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from vivant.errors import (
    DamagedMedia,
    PathRefused,
    PictureTooLarge,
    ShapeError,
    UnsupportedFormat,
)
from vivant.media import read_image, write_image


def scene(mode="RGB", size=(40, 30)):
    ramp = np.linspace(0, 255, size[0])[None, :, None] * np.array([1, 0.6, 0.2])
    image = np.broadcast_to(ramp, (size[1], size[0], 3)).astype(np.uint8).copy()
    image[:8, :8] = (250, 20, 20)
    return Image.fromarray(image).convert(mode)


SAVED = [("PNG", {}), ("JPEG", {"quality": 95, "subsampling": 0}), ("WEBP", {"lossless": True}),
         ("BMP", {}), ("TIFF", {}), ("PPM", {}), ("AVIF", {"quality": 95}),
         ("JPEG2000", {}), ("GIF", {})]  # fmt: skip


@pytest.mark.parametrize(("kind", "options"), SAVED)
def test_formats_are_known_by_content_not_by_name(tmp_path, kind, options):
    path = tmp_path / "picture.xyz"
    scene().save(path, kind, **options)
    image = read_image(path)
    assert image.shape == (30, 40, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert np.abs(image.astype(int) - np.asarray(scene())).mean() < 6


def test_lossless_pictures_come_back_exactly(tmp_path):
    image = np.asarray(scene())
    for name in ("a.png", "a.bmp", "a.tif", "a.tiff"):
        write_image(tmp_path / name, image)
        np.testing.assert_array_equal(read_image(tmp_path / name), image)
    for name in ("a.jpg", "a.jpeg", "a.webp"):
        write_image(tmp_path / name, image)
        assert np.abs(read_image(tmp_path / name).astype(int) - image).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_applied(tmp_path, orientation):
    upright = scene()
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}  # fmt: skip
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.asarray(upright))


def test_transparency_lies_over_white(tmp_path):
    image = np.zeros((4, 4, 4), np.uint8)
    image[..., 0] = 200
    image[:2, :, 3] = 255
    image[2:, :2, 3] = 128
    Image.fromarray(image).save(tmp_path / "a.png")
    got = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(got[0, 0], (200, 0, 0))
    assert np.abs(got[3, 0].astype(int) - (227, 127, 127)).max() <= 1
    np.testing.assert_array_equal(got[3, 3], (255, 255, 255))
    grey = Image.fromarray(image[..., 0]).convert("LA")
    grey.putalpha(0)
    grey.save(tmp_path / "b.png")
    assert (read_image(tmp_path / "b.png") == 255).all()
    palette = scene("P")
    palette.info["transparency"] = palette.getpixel((0, 0))
    palette.save(tmp_path / "c.png", transparency=palette.getpixel((0, 0)))
    np.testing.assert_array_equal(read_image(tmp_path / "c.png")[0, 0], (255, 255, 255))


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_grey_palette_and_cmyk_become_rgb(tmp_path, mode):
    scene(mode).save(tmp_path / "a.tif")
    wanted = np.asarray(scene(mode).convert("RGB")).astype(int)
    assert np.abs(read_image(tmp_path / "a.tif") - wanted).max() <= 1


def test_sixteen_bits_become_eight(tmp_path):
    deep = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(4, 0)
    for name in ("a.png", "a.tif"):
        Image.fromarray(deep).save(tmp_path / name)
        np.testing.assert_array_equal(read_image(tmp_path / name)[..., 1], deep >> 8)


def test_sixteen_bit_rgb_becomes_eight(tmp_path):
    deep = np.linspace(0, 65535, 3 * 64).astype(np.uint16).reshape(1, 64, 3)
    rows = b"\0" + deep.astype(">u2").tobytes()
    head = struct.pack(">IIBBBBB", 64, 1, 16, 2, 0, 0, 0)
    write_png(tmp_path / "a.png", head, zlib.compress(rows))
    np.testing.assert_allclose(read_image(tmp_path / "a.png"), deep / 257, atol=1)


def test_an_embedded_profile_is_converted(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    assert profile.tobytes()
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    scene().save(tmp_path / "a.png", icc_profile=wide)
    assert np.abs(read_image(tmp_path / "a.png").astype(int) - np.asarray(scene())).max() <= 2
    scene().save(tmp_path / "b.png", icc_profile=b"broken profile")
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), np.asarray(scene()))


def test_of_an_animation_the_first_picture_counts(tmp_path):
    others = [Image.new("RGB", (40, 30), colour) for colour in ("blue", "green")]
    scene().save(tmp_path / "a.webp", save_all=True, append_images=others, lossless=True)
    np.testing.assert_array_equal(read_image(tmp_path / "a.webp"), np.asarray(scene()))


def write_png(path, head, data):
    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    body = chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.parametrize("side", [10_001, 14_000, 20_000, 100_000])
def test_a_decompression_bomb_is_refused_before_decoding(tmp_path, side):
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    write_png(tmp_path / "bomb.png", head, zlib.compress(b"\0" * 1000))
    with pytest.raises(PictureTooLarge, match="100 megapixels"):
        read_image(tmp_path / "bomb.png")


def test_the_smallest_picture_is_read(tmp_path):
    write_image(tmp_path / "a.png", np.full((1, 1, 3), 7, np.uint8))
    assert read_image(tmp_path / "a.png").tolist() == [[[7, 7, 7]]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_truncated_pictures_are_damaged(tmp_path, kind):
    whole = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    Image.fromarray(noise).save(whole, kind)
    for share in (0.02, 0.5, 0.9):
        path = tmp_path / "a.png"
        path.write_bytes(whole.getvalue()[: max(12, int(share * len(whole.getvalue())))])
        with pytest.raises(DamagedMedia, match=r"a\.png"):
            read_image(path)


def test_what_is_no_picture_is_refused(tmp_path):
    for content, wanted in (
        (b"", DamagedMedia),
        (b"just words", UnsupportedFormat),
        (b"%!PS-Adobe-3.0 EPSF-3.0", UnsupportedFormat),
        (b"%PDF-1.7", UnsupportedFormat),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedFormat),
    ):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(wanted, match=r"a\.png"):
            read_image(tmp_path / "a.png")
    with pytest.raises(PathRefused, match="no such file"):
        read_image(tmp_path / "nothing.png")
    with pytest.raises(PathRefused, match="directory"):
        read_image(tmp_path)
    with pytest.raises(UnsupportedFormat, match="address"):
        read_image("https://host/a.png")


def test_only_pictures_are_written_and_only_by_known_names(tmp_path):
    with pytest.raises(ShapeError):
        write_image(tmp_path / "a.png", np.zeros((4, 4), np.uint8))
    with pytest.raises(ShapeError):
        write_image(tmp_path / "a.png", np.zeros((4, 4, 3), np.float32))
    with pytest.raises(UnsupportedFormat, match=r"\.eps"):
        write_image(tmp_path / "a.eps", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(PathRefused, match="no directory"):
        write_image(tmp_path / "nowhere" / "a.png", np.zeros((4, 4, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []
