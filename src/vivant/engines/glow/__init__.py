"""Glow: the engine, the exact flow that takes faces to codes and back, and expressions in it."""

from vivant.engines.glow.engine import GlowEngine, GlowSettings

__all__ = ["GlowEngine", "GlowSettings"]
