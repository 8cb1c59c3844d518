"""The terminal, which may go away before what is told on it has an end."""

from __future__ import annotations

import sys

from rich.console import Console

from harness.command.streams import lead_nowhere


class Terminal(Console):
    """A console whose reader may leave: nobody hears the rest, and the work and its exit status stay."""

    def on_broken_pipe(self) -> None:
        """Fall silent. Rich would exit with 1, which here means that Keystone failed."""
        self.quiet = True
        lead_nowhere(sys.stdout)
