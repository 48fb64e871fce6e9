"""What surrounds a release in its cluster: names, keys, room and limits. No value of a Secret is ever here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from deployctl.model.json import Json
from deployctl.model.manifest import Manifest
from deployctl.model.reference import Inventory
from deployctl.model.room import Tenant

SURVEYED = (
    "Secret",
    "ConfigMap",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "Service",
    "ResourceQuota",
    "LimitRange",
    "PriorityClass",
    "StorageClass",
    "IngressClass",
    "RuntimeClass",
    "Pod",
)
"""The kinds that a survey reads."""


@dataclass(frozen=True)
class Certificate:
    """A TLS certificate, as far as anybody may see it."""

    expires: datetime
    hosts: tuple[str, ...]
    """Names it is valid for; `*.example.com` stands for one label."""


@dataclass(frozen=True)
class Survey:
    """One reading. A kind that may not be read is in `inventory.unreadable`: nothing can be said of it."""

    inventory: Inventory
    """Of the namespace's Secrets, ConfigMaps, service accounts, claims and services, and of the cluster's classes."""
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Service account -> the pull secrets that it gives to pods which name none themselves."""
    tenants: tuple[Tenant, ...] = ()
    """Pods of all namespaces that take room on a node; of our own alone where `Pod` is unreadable."""
    services: tuple[Manifest, ...] = ()
    quotas: tuple[Manifest, ...] = ()
    limit_ranges: tuple[Manifest, ...] = ()
    priorities: Mapping[str, int] = field(default_factory=dict)
    """PriorityClass -> its value."""
    overheads: Mapping[str, Json] = field(default_factory=dict)
    """RuntimeClass -> what it adds to a pod's requests."""
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    """Name of a TLS Secret -> the certificate in it."""
    used: Mapping[str, Fraction] = field(default_factory=dict)
    """Node -> bytes of memory in use; empty where the cluster has no metrics, or they may not be read."""
    used_by: Mapping[str, Fraction] = field(default_factory=dict)
    """Pod of our namespace -> bytes of memory that it uses."""

    def may_read(self, kind: str) -> bool:
        return kind not in self.inventory.unreadable


NOTHING_READ = Survey(Inventory(unreadable=frozenset(SURVEYED)))
"""The survey of somebody who may read none of it."""
