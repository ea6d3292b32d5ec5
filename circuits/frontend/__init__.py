"""The circuit language: signals, builder, compiler, witness program, soundness audit."""
