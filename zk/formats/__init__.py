"""The files of other provers."""
