"""What the visible label says, in the languages that vivant speaks."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Language = Literal["en", "de", "fr", "es", "ko", "uk", "hi"]


@dataclass(frozen=True, slots=True)
class Words:
    """The label's texts in one language."""

    label: str
    """Stands in the corner all the time."""
    short: str
    """Stands there where the whole would cover a face or not be legible."""
    card: tuple[str, str]
    """The opening card: what the video is, and how it was made."""


WORDS = MappingProxyType(
    {
        "en": Words(
            "AI-generated",
            "AI",
            ("This video is AI-generated.", "A portrait moved by another person's performance"),
        ),
        "de": Words(
            "KI-generiert",
            "KI",
            (
                "Dieses Video ist KI-generiert.",
                "Ein Porträt, bewegt von der Mimik einer anderen Person",
            ),
        ),
        "fr": Words(
            "Généré par IA",
            "IA",
            (
                "Cette vidéo est générée par IA.",
                "Un portrait animé par le jeu d'une autre personne",
            ),
        ),
        "es": Words(
            "Generado por IA",
            "IA",
            (
                "Este vídeo está generado por IA.",
                "Un retrato movido por la actuación de otra persona",
            ),
        ),
        "ko": Words(
            "AI로 생성됨",
            "AI",
            ("이 영상은 AI로 생성되었습니다.", "다른 사람의 연기로 움직이는 초상"),
        ),
        "uk": Words(
            "Створено ШІ",
            "ШІ",
            ("Це відео створено ШІ.", "Портрет, що рухається за мімікою іншої людини"),
        ),
        "hi": Words(
            "एआई द्वारा निर्मित",
            "AI",
            ("यह वीडियो एआई द्वारा निर्मित है।", "किसी दूसरे व्यक्ति के अभिनय से चलाया गया चित्र"),
        ),
    }
)
"""Language to its texts."""
