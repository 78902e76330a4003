"""A labelled set of originals and of what engines made of them, for research on detectors."""
