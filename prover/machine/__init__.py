"""This machine: where data lies, what the hardware is, compiling ahead, progress, and what could be amiss.

Reading order: files, home · progress, longstep, warmup · hardware, doctor.
"""
