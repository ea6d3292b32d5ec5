"""The story that `zksettle demo` tells: the stage, the trade, the cheats that are refused, the measures."""
