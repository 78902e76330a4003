"""Glow: faces as codes of an exact flow, and expressions as their differences; needs `learned`."""
