"""Tests of orders in lots."""
