"""What kernels run on: cpu (how many lanes), jit (compilation), parallel (threads), profile (what each phase takes)."""
