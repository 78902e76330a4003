"""Faces in pictures: found, followed, described, cut out and pasted back."""
