"""Measure what the marks of `vivant inspect` stand on: `python benchmarks/suitability.py`.

Reads the portraits of the folder that the variable VIVANT_DATA names, draws
masks, hands and dark glasses over some of them, makes others smaller or
blurred, lays some on the canonical head and turns it, and writes to
`benchmarks/results/suitability.json` what the measures say.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from record import record

from vivant.faces import clarity, findings
from vivant.faces.closeup import Closeup
from vivant.faces.region import around, cut
from vivant.faces.suitability import suitability
from vivant.faces.track import FaceTracker
from vivant.landmarks import LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_EYE
from vivant.media import read_image
from vivant.types import Face
from vivant.weights.canonical import canonical_face

Known = list[tuple[str, np.ndarray, Face]]

MASK = (
    227, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
    323, 447, 347, 197, 118,
)  # fmt: skip
GLASSES = (
    (46, 53, 52, 65, 55, 193, 122, 128, 121, 120, 119, 118, 117, 111, 143),
    (276, 283, 282, 295, 285, 417, 351, 357, 350, 349, 348, 347, 346, 340, 372),
)


def spread(values: list[float]) -> dict[str, float]:
    """Percentiles of some values."""
    at = np.nanpercentile(values, [1, 10, 50, 90, 99])
    return {f"p{q}": round(float(v), 4) for q, v in zip((1, 10, 50, 90, 99), at, strict=True)}


def laid(image: np.ndarray, mask: np.ndarray, colour: np.ndarray | int) -> np.ndarray:
    """Lay a softly edged colour over the picture where the uint8 mask is 255."""
    share = cv2.GaussianBlur(mask, (0, 0), 1.5)[..., None].astype(np.float32) / 255
    return np.round(image * (1 - share) + colour * share).astype(np.uint8)


def patch(image: np.ndarray, face: Face, ids: tuple[int, ...]) -> np.ndarray:
    """Mask of a polygon of landmarks."""
    mask = np.zeros(image.shape[:2], np.uint8)
    return cv2.fillPoly(mask, [np.round(face.landmarks[list(ids), :2]).astype(np.int32)], 255)


def hand(image: np.ndarray, face: Face, landmark: int) -> np.ndarray:
    """Four fingers in the colour of the cheek, over a landmark."""
    width = float(np.linalg.norm(face.landmarks[454, :2] - face.landmarks[234, :2]))
    x, y = np.round(face.landmarks[50, :2]).astype(int)
    skin = image[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4].reshape(-1, 3).mean(axis=0)
    along = np.array([-0.55, 0.83])
    across = np.array([-along[1], along[0]])
    for finger in range(4):
        start = face.landmarks[landmark, :2] - 0.25 * width * along
        start = start + (finger - 1.5) * 0.16 * width * across
        ends = [
            tuple(np.round(p).astype(int).tolist()) for p in (start, start + 1.4 * width * along)
        ]
        for thick, share in ((0.17, 0.55), (0.135, 1.0)):
            mask = np.zeros(image.shape[:2], np.uint8)
            image = laid(image, cv2.line(mask, *ends, 255, round(thick * width)), skin * share)
    return image


def covers(image: np.ndarray, face: Face) -> dict[str, np.ndarray]:
    """The portrait behind several things."""
    glasses = image
    for side in GLASSES:
        glasses = laid(glasses, patch(image, face, side), 24)
    return {
        "mask, light": laid(image, patch(image, face, MASK), 215),
        "mask, dark": laid(image, patch(image, face, MASK), 38),
        "hand before the mouth": hand(image, face, 14),
        "hand before the chin": hand(image, face, 152),
        "hand before the cheek": hand(image, face, 50),
        "hand before an eye": hand(image, face, 159),
        "dark glasses": glasses,
    }


def measures(image: np.ndarray, face: Face, tracker: FaceTracker) -> dict[str, float]:
    """The measures that covers are told by."""
    view, doubt = Closeup.of(image, face), tracker.doubt(image, face)
    mouth = [*LIPS_INNER, *LIPS_OUTER]
    parts = (mouth, list(RIGHT_EYE), list(LEFT_EYE))
    return {
        "lip line, L*": view.lip_line(),
        "doubt of the mouth": float(doubt[mouth].mean()),
        "largest doubt": max(float(doubt[ids].mean()) for ids in parts),
        "spread within the lids, L*": min(
            float(view.lab[..., 0][view.within(ring)].std()) for ring in (RIGHT_EYE, LEFT_EYE)
        ),
        "refused": float(clarity.covered_mouth(view, doubt) is not None),
        "told": float(
            any((
                clarity.covered_mouth(view, doubt),
                clarity.covered_eyes(view),
                clarity.doubtful(doubt),
            ))
        ),
    }  # fmt: skip


def summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Spread of each measure, and the share that is told and refused."""
    found: dict[str, Any] = {"faces": len(rows)}
    for name in rows[0]:
        values = [row[name] for row in rows]
        share = name in ("told", "refused")
        found[name] = round(float(np.mean(values)), 3) if share else spread(values)
    return found


def smaller(known: Known, tracker: FaceTracker) -> dict[str, Any]:
    """How far landmarks wander when the same face has fewer pixels, in percent of its width."""
    found = {}
    for wanted in (40, 60, 80, 100, 120, 150, 180):
        errors = []
        for _, image, face in known:
            scale = wanted / face.box[2]
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            for seen in tracker.detect(small)[:1]:
                back = (seen.landmarks[:, :2] + 0.5) / scale - 0.5
                away = np.linalg.norm(back - face.landmarks[:, :2], axis=1).mean()
                errors.append(100 * float(away) / face.box[2])
        found[f"{wanted} pixels wide"] = spread(errors)
    return found


def turned(known: Known, tracker: FaceTracker) -> dict[str, Any]:
    """Which yaw the tracker reads from portraits laid on the canonical head, by their true yaw."""
    from vivant.engines.mesh.drawing import look_up
    from vivant.engines.mesh.raster import source_map

    head, found = canonical_face(), {}
    for degrees in range(10, 80, 10):
        angle, readings, lost = np.radians(degrees), [], 0
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
        for _, image, face in known:
            region = around(face.landmarks)
            shown = cut(image, region, 512, cv2.BORDER_REPLICATE)
            inverse = np.linalg.inv(np.vstack([region.frame_from_crop(512), [0, 0, 1]]))
            flat = face.landmarks[:468, :2] @ inverse[:2, :2].T + inverse[:2, 2]
            depth = head.vertices[:, 2] * np.ptp(flat[:, 0]) / np.ptp(head.vertices[:, 0])
            solid = np.column_stack([flat, depth])
            points = (solid - solid.mean(axis=0)) @ turn.T + [256, 256, 0]
            drawn = source_map(
                points.astype(np.float32), flat.astype(np.float32), head.triangles, (0, 0, 512, 512)
            )
            there = drawn[..., 2:]
            picture = look_up(shown, drawn[..., :2]) * there + 90 * (1 - there)
            seen = tracker.detect(picture.astype(np.uint8))
            lost += not seen
            readings += [abs(one.pose.yaw) for one in seen[:1]]
        found[f"{degrees} degrees"] = {"not found": lost, "reads": spread(readings)}
    return found


def blurred(known: Known) -> dict[str, Any]:
    """How much detail is left in faces under a blur, by its sigma in percent of their width."""
    return {
        f"{percent} %": spread(
            [
                clarity.detail(cv2.GaussianBlur(image, (0, 0), percent / 100 * face.box[2]), face)
                for _, image, face in known
            ]
        )
        for percent in (0.5, 1, 1.5, 2)
    }


def halved(known: Known, tracker: FaceTracker) -> dict[str, Any]:
    """What becomes of faces that the edge cuts, by the share that is cut off."""
    found: dict[str, dict[str, Any]] = {}
    for share in (0.1, 0.2, 0.3, 0.4, 0.5):
        lost, beyond, errors = 0, [], []
        for _, image, face in known:
            x, y, width, height = face.box
            left, top = round(x + share * width), round(y + share * height)
            low = round(y + (1 - share) * height)
            for rest, corner in (
                (image[:, left:], [left, 0]), (image[top:], [0, top]), (image[:low], [0, 0])
            ):  # fmt: skip
                part = np.ascontiguousarray(rest)
                seen = tracker.detect(part)
                lost += not seen
                for one in seen[:1]:
                    away = one.landmarks[:, :2] + corner - face.landmarks[:, :2]
                    errors.append(100 * float(np.linalg.norm(away, axis=1).mean()) / width)
                    beyond.append(findings.beyond(part, one))
        found[f"{share} of its width or height"] = {
            "faces": 3 * len(known), "not found": lost, "share beyond": spread(beyond),
            "landmarks astray, percent of the width": spread(errors),
        }  # fmt: skip
    return found


def main() -> None:
    """Measure and record."""
    folder, tracker = Path(os.environ["VIVANT_DATA"]) / "portraits", FaceTracker()
    known: Known = []
    for path in sorted(folder.glob("*.jpg")):
        image = read_image(path)
        known += [(path.stem, image, face) for face in tracker.detect(image)[:1]]
    judged = [suitability(image, face, tracker) for _, image, face in known]
    named = Counter(finding.name for one in judged for finding in one.findings)
    plain = [entry for entry in known if abs(entry[2].pose.yaw) < 12 and entry[2].box[2] > 190]
    behind: dict[str, list[dict[str, float]]] = {}
    for _, image, face in plain[::2]:
        for name, hidden in covers(image, face).items():
            for seen in tracker.detect(hidden)[:1]:
                behind.setdefault(name, []).append(measures(hidden, seen, tracker))
    record("suitability", {
        "portraits": len(known),
        "score": spread([one.score for one in judged]),
        "portraits with each finding": dict(named.most_common()),
        "smallest face, pixels": findings.SMALLEST_FACE,
        "plain": summary([measures(image, face, tracker) for _, image, face in known]),
        "covered": {name: summary(rows) for name, rows in behind.items()},
        "landmarks astray, percent of the face's width": smaller(plain[::2], tracker),
        "detail": spread([clarity.detail(image, face) for _, image, face in known]),
        "detail under a blur": blurred(plain[::2]),
        "cut by the edge": halved(plain[::4], tracker),
        "turned on the canonical head": turned(plain[::4], tracker),
    })  # fmt: skip


if __name__ == "__main__":
    main()
