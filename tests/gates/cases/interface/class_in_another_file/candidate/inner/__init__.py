"""Inner."""
