"""Founding a pool on one machine: its example assets and prices, its oracles, and exact amounts."""
