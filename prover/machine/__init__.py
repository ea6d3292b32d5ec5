"""This machine.

files, arrayfolder and home (where data lies), tasks and longstep (work in progress), hardware and threadcount.
"""
