"""`zksettle demo`: command, demo_run, stage, story, narrator, and the acts: founding, trade, refusals (with cheats),
margincall, expiring, measures.
"""
