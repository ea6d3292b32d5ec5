"""`zksettle demo`: command, demo_run, stage, story, narrator.  Its acts: founding, trade, refusals (with cheats),
margincall, expiring, measures.  With --network: network, whose machines are processes (actors).
"""
