"""What a local deployment needs to know of a scenario."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from harness.scenario import BalancerSettings, DeploymentSettings


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The two sections of a scenario that shape the deployment."""

    deployment: DeploymentSettings = field(default_factory=DeploymentSettings)
    balancer: BalancerSettings = field(default_factory=BalancerSettings)

    @classmethod
    def of(cls, deployment: DeploymentSettings, balancer: BalancerSettings) -> Self:
        """Settings from the sections `deployment` and `balancer` of a scenario."""
        return cls(deployment, balancer)

    @property
    def node_names(self) -> tuple[str, ...]:
        """Names of the nodes in the order in which they are rolled."""
        return tuple(f"node-{number}" for number in range(1, self.deployment.nodes + 1))
