"""The command line: main, and one folder for each subject, with one file for each group of commands.

frame (what all commands share) · trader · pool · circom · tools · demo.
Commands parse, call and print; what they call is in prover.  Nothing but click is imported before a command runs.
"""
