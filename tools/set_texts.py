"""Set the label's texts that OpenCV cannot set, as pictures that vivant carries.

    python tools/set_texts.py --ko NotoSansKR-600.woff2 --hi NotoSansDevanagari-600.woff

OpenCV's own font has no Devanagari, and its text engine does not join letters, which
Devanagari needs; its Korean is too thin for small sizes. Each text becomes one grey picture
(0 plate, 255 letter) in src/vivant/marks/texts/, named after the text's sha256, and NOTICE
there lists them. Needs Pillow with Raqm (it shapes by HarfBuzz), fonttools and brotli.
"""

from __future__ import annotations

import argparse
import hashlib
import io
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont, features

from vivant.marks.lettering import BASELINE, EM, LINE, carried_name
from vivant.marks.words import WORDS

FOLDER = Path(__file__).resolve().parent.parent / "src" / "vivant" / "marks" / "texts"
ORIGIN = {
    "ko": "Noto Sans KR SemiBold 2.004 ((c) 2014-2021 Adobe), from the npm package\n"
    "                   @fontsource/noto-sans-kr 5.3.0",
    "hi": "Noto Sans Devanagari SemiBold 2.006 (The Noto Project Authors), from the npm\n"
    "                   package @fontsource/noto-sans-devanagari 5.3.0",
}


def font(path: Path) -> ImageFont.FreeTypeFont:
    """Open a font as plain outlines, whatever it was packed in."""
    packed = TTFont(path)
    packed.flavor = None
    plain = io.BytesIO()
    packed.save(plain)
    plain.seek(0)
    return ImageFont.truetype(plain, EM, layout_engine=ImageFont.Layout.RAQM)


def picture(text: str, face: ImageFont.FreeTypeFont, language: str) -> Image.Image:
    """Return one line of text on black: LINE pixels high, cut to its letters' width."""
    left, _, right, _ = face.getbbox(text, anchor="ls", language=language)
    canvas = Image.new("L", (round(right - left) + 2, LINE))
    ImageDraw.Draw(canvas).text(
        (1 - left, BASELINE), text, 255, face, anchor="ls", language=language
    )
    return canvas


def main() -> None:
    """Write the pictures and their NOTICE."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for language in ORIGIN:
        asked.add_argument(f"--{language}", type=Path, required=True, metavar="FONT")
    fonts = vars(asked.parse_args())
    assert features.check("raqm"), "this Pillow cannot shape letters"
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    notes = [
        "Texts of the visible label that vivant carries as pictures",
        "=" * 58,
        "",
        "Set by tools/set_texts.py, the only thing that reads the fonts; no font is carried.",
    ]
    for language, origin in ORIGIN.items():
        face = font(fonts[language])
        words = WORDS[language]
        digest = hashlib.sha256(fonts[language].read_bytes()).hexdigest()
        notes += [
            "",
            f"{language}",
            f"    Font:          {origin}",
            "    Licence:       SIL Open Font License 1.1",
            f"    Its sha256:    {digest}",
        ]
        for text in (words.label, *words.card):
            path = FOLDER / carried_name(text)
            picture(text, face, language).save(path, optimize=True)
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            notes += [f"    {path.name}  {text}", f"        sha256: {sha256}"]
    (FOLDER / "NOTICE").write_text("\n".join(notes) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
