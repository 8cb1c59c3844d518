"""Many runs, one after the other: each by the command line, in a process of its own."""
