"""Benchmarks: `zksettle bench`."""
