"""Public statistics and obligations (S7, S16, S17, S24)."""
