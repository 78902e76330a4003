"""Which portraits can be animated: sizes, places, kinds and mouths, scored by ten points."""
