"""Every table and key that deployctl.toml may hold."""

from __future__ import annotations

from deployctl.config.environment_tables import ENVIRONMENT
from deployctl.config.policy_tables import POLICIES
from deployctl.config.registry_tables import REGISTRY
from deployctl.config.schema import Key, Sub, Table
from deployctl.config.service_tables import SERVICE
from deployctl.config.shapes import Text

ROOT = Table(
    "",
    "",
    (
        Key(
            "default_environment",
            Text(),
            "The environment when neither --env nor DEPLOYCTL_ENV names one. Computed: the only one there is.",
            "prod",
            variable="DEPLOYCTL_ENV",
        ),
    ),
    (
        Sub("registry", REGISTRY),
        Sub("registries", REGISTRY, named=True, example="acr"),
        Sub("policies", POLICIES),
        Sub("environments", ENVIRONMENT, named=True, example="prod"),
        Sub("services", SERVICE, named=True, example="api"),
    ),
)
