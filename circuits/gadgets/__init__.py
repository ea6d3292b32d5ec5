"""Gadgets: functions that add constraints to a builder and return signals with a promise."""
