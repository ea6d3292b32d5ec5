"""The version of zksettle.  pyproject.toml reads it from here: looking it up in the installed metadata takes 30 ms."""

VERSION = "0.1.0"
