"""Runs the checks of `keystone-status upgrade check`; started by an installed release's own Python.

The stock program loads its back-ends before it reads its configuration (seen in 23.0.2 to 30.0.0), so
it looks for Fernet keys under /etc/keystone whatever it is told, and cannot check a deployment that
lives elsewhere. The same parts in the right order can. Exit status as upstream's: 0 success, 1 warning,
2 failure, 255 error.
"""

from __future__ import annotations

import sys

import keystone.conf  # type: ignore[import-not-found]
from keystone.cmd import status  # type: ignore[import-not-found]
from keystone.server import backends  # type: ignore[import-not-found]
from oslo_upgradecheck import upgradecheck  # type: ignore[import-not-found]


def main() -> int:
    """Check the deployment that the configuration file named by the first argument describes."""
    options = ["--config-file", sys.argv[1]]
    keystone.conf.configure()
    keystone.conf.CONF(options, project="keystone")
    backends.load_backends()
    # Parsing is closed to further commands until it is undone.
    keystone.conf.CONF.reset()
    arguments = [*options, "upgrade", "check"]
    return int(upgradecheck.main(keystone.conf.CONF, "keystone", status.Checks(), argv=arguments))


if __name__ == "__main__":
    sys.exit(main())
