"""This machine.

files, arrayfolder and home (the folder of all data), clock, tasks and longstep (work in progress), hardware and
threadcount.
"""
