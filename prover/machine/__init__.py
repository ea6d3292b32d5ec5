"""This machine.

files, secretfile, arrayfolder and home (the folder of all data), clock, tasks and longstep (work in progress),
hardware, environment, threadcount, stopping (by signals), postgres (a server of one's own), and units (durations and
sizes as text).
"""
