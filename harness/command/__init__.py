"""The verbs of the `harness` command, a file each."""
