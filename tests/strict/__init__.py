"""What strict verification refuses: one table of lies, told to every reader of keys, public inputs and proofs.

lies (a point, a number), forms (honest files and how one changes), cases (the table) · the tests.
"""
