"""Detectors of synthetic faces; their networks need the extra `learned`."""
