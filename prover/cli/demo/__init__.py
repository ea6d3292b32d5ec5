"""`zksettle demo`: command, stage, story, narrator, and the acts: trade, refusals (with cheats), measures."""
