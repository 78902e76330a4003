"""The First Order Motion Model: its networks, its losses and how motion is carried over."""
