"""Child side: encoded packets of sound, and the tiny file that shows their codec."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet


@dataclass(frozen=True, slots=True)
class Piece:
    """One encoded packet; times in seconds since `start`."""

    data: bytes
    time: Fraction
    duration: Fraction


def show_codec(output: OutputContainer, stream: AudioStream) -> None:
    """Write one packet of nothing, for containers that leave out empty streams."""
    packet = cast("Packet[AudioStream]", Packet(bytes(16)))
    packet.stream = stream
    packet.pts = packet.dts = 0
    packet.duration = 1
    packet.is_keyframe = True
    output.mux(packet)
