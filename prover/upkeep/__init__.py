"""Upkeep of an installation.

exercises (small runs that use every kernel) · compilers (processes that compile them) · warmup (compiling ahead, making
keys) · oldkernels (removing what other versions compiled) · doctor (finding out what could be amiss).
"""
