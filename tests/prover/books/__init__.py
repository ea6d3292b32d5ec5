"""Tests of a wallet's books."""
