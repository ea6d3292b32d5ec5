"""Benchmarks: `zksettle bench`.

Reading order: measure, prove, kernels.  Every report names the machine, the commit, the sizes, and what was warm.
"""
