"""Asking people which of several methods' results look better, blind.

`make` writes a page that needs no network and no server: it shows results side by
side without saying whose they are, and hands the answers back as a file. `analyse`
reads these files. No personal data is asked: a random number tells people apart.
"""
