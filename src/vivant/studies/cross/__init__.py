"""Cross-reenactment: portraits driven by other people, where no true frame exists."""
