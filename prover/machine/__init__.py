"""This machine: files and home (where data lies), progress and longstep, hardware."""
