"""Trains what vivant carries itself; needs the extra `train`."""
