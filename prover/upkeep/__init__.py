"""Upkeep of an installation: warmup (compiling ahead, making keys) and doctor (what could be amiss)."""
