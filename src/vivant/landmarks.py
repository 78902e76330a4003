"""Names of the 478 landmarks and the 52 expression scores.

Indices follow the MediaPipe face mesh. Left and right are the person's own:
the right eye is on the left side of a frontal picture. Rings are listed in
order around their opening.
"""

from __future__ import annotations

from typing import Final

FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Ring around the face, clockwise in the picture from the middle of the forehead."""

SKULL: Final = (
    4, 6, 10, 33, 54, 67, 117, 119, 121, 127, 129, 133, 143, 198, 263, 284, 297, 346, 348, 350,
    356, 358, 362, 372, 420,
)  # fmt: skip
"""Landmarks that go with the skull, whatever the face does. They are those of the landmarker's
own pose basis that lie above the mouth: the rest of it goes with the jaw, and hair that follows
the jaw moves when somebody talks."""

LIPS_OUTER: Final = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
"""Ring where the lips meet the skin, from the right corner along the lower lip."""

LIPS_INNER: Final = (
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)  # fmt: skip
"""Ring where the lips meet each other, from the right corner along the lower lip."""

RIGHT_EYE: Final = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246,
)  # fmt: skip
"""Edge of the right eye's lids, from the outer corner along the lower lid."""

LEFT_EYE: Final = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466,
)  # fmt: skip
"""Edge of the left eye's lids, from the outer corner along the lower lid."""

RIGHT_BROW: Final = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW: Final = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)

RIGHT_IRIS: Final = (468, 469, 470, 471, 472)
"""Centre of the right iris, then its edge."""
LEFT_IRIS: Final = (473, 474, 475, 476, 477)
"""Centre of the left iris, then its edge."""

SCORE_NAMES: Final = (
    "_neutral",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""Names of `Face.scores`, in order (the ARKit names, `_neutral` first)."""
