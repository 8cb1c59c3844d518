"""`python -m harness` is the `harness` command."""

from __future__ import annotations

from harness.command.entry import main

if __name__ == "__main__":
    main()
