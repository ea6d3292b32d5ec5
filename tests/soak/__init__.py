"""Long runs that pytest does not start; each module is a command and says how it is run."""
