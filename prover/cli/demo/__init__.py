"""`zksettle demo`: command, demo_run, stage, story, narrator, and the acts: trade, refusals (with cheats), measures."""
