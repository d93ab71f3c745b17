"""Measurements beside their limits. No tests and no gates: `./dev bench NAME`."""
