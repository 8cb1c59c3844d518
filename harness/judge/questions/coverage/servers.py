"""Whether every node and both releases were seen to serve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.evidence.names import Phase
from harness.judge.codes import count, nameless
from harness.judge.evidence import Evidence
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import listed, without_header


def nodes(evidence: Evidence) -> Iterator[Gap]:
    """A node that served nobody before it was touched could be rolled without anybody noticing."""
    if not evidence.upgrades or Phase.BASELINE not in {window.phase for window in evidence.windows}:
        return
    parts = [evidence.in_phase(number, Phase.BASELINE) for number in evidence.lanes()]
    codes = {code for part in parts for code in np.unique(part.node).tolist() if code >= 0}
    seen = {evidence.requests.nodes[code] for code in codes}
    idle = [node for node in evidence.manifest.nodes if node not in seen]
    unnamed = sum(count(nameless(part)) for part in parts)
    if idle and unnamed:
        yield Gap(
            f"No answer that names {listed(idle)} was seen in the baseline, and "
            f"{without_header(unnamed, 'a node')}, so whether {'it' if len(idle) == 1 else 'they'} served is "
            "not known.",
            Phase.BASELINE,
        )
    elif idle:
        yield Gap(
            f"No answer of {listed(idle)} was seen in the baseline, so nobody would have missed "
            f"{'it' if len(idle) == 1 else 'them'}.",
            Phase.BASELINE,
        )


def roll(evidence: Evidence) -> Iterator[Gap]:
    """Both releases must have served while the nodes changed, else mixing them was not tried."""
    if not evidence.changes_release or Phase.ROLL not in {window.phase for window in evidence.windows}:
        return
    manifest = evidence.manifest
    parts = [evidence.in_phase(number, Phase.ROLL) for number in evidence.lanes()]
    unnamed = sum(count(nameless(part)) for part in parts)
    for version in (manifest.from_.version, manifest.to.version):
        code = evidence.release_code(version)
        if any((part.release == code).any() for part in parts):
            continue
        if unnamed:
            yield Gap(
                f"No answer that names release {version} was seen during the roll, and "
                f"{without_header(unnamed, 'one')}, so whether both releases served is not known.",
                Phase.ROLL,
            )
        else:
            yield Gap(
                f"No answer of release {version} was seen during the roll, so the mix of both releases was "
                "not tried.",
                Phase.ROLL,
            )
