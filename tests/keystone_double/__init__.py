"""The one double of Keystone: a server that misbehaves as told, and what stands behind it.

`healthy` answers as Keystone does; `node` is one of several over one memory, each of which can break in one
way; `scripted` says what a test wrote down.
"""

from __future__ import annotations

from tests.keystone_double.accounts import account, accounts
from tests.keystone_double.behaviours import answer, babble, cut, drip, flood, hang, reset, truncate
from tests.keystone_double.healthy import PROJECT_ID, FakeKeystone, serving
from tests.keystone_double.server import Behaviour, DoubleServer
from tests.keystone_double.wire import RELEASE, Reply, Seen

__all__ = [
    "PROJECT_ID",
    "RELEASE",
    "Behaviour",
    "DoubleServer",
    "FakeKeystone",
    "Reply",
    "Seen",
    "account",
    "accounts",
    "answer",
    "babble",
    "cut",
    "drip",
    "flood",
    "hang",
    "reset",
    "serving",
    "truncate",
]
