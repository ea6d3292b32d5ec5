"""This machine: files and home (where data lies), tasks and longstep (work in progress), hardware."""
