"""From signed quotes to the grids that margin is proved against.  All in integers.

Reading order: fixedpoint, black76 (an option's value) · market (what everything is worth), optionrisk and proportional
(how options move), risk (the scenarios), grids (as published) · cone, coverage (when an older grid is still good) ·
quotes (what oracles sign), oracle (a publication).
"""
