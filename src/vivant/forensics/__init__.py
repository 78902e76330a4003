"""Detectors of synthetic faces: what they are called, and what each needs.

They judge pictures, never people, and what they say is a hint: see `docs/forensics.md`.
"""
