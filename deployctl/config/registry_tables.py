"""The table of a registry."""

from __future__ import annotations

from deployctl.config.schema import Key, Table
from deployctl.config.shapes import HOST, HOST_PORT, Choice, Flag, Number, OuterFile, Text, Url

REGISTRY = Table(
    "registry",
    "Where images lie and who builds them. Several: [registries.NAME], chosen by an environment's `registry`.",
    (
        Key(
            "login_server",
            HOST,
            "First part of every image reference.",
            "shop-a1b2c3.azurecr.io",
            required=True,
            variable="DEPLOYCTL_LOGIN_SERVER",
        ),
        Key(
            "kind",
            Choice(("acr", "oci")),
            "acr: Azure Container Registry; oci: any other. Computed: acr for *.azurecr.io, else oci.",
            "acr",
        ),
        Key(
            "endpoint",
            HOST_PORT,
            "HOST:PORT that answers for the login server, when it is another address: a rehearsal's, a private link's.",
            "127.0.0.1:5443",
            "",
            variable="DEPLOYCTL_REGISTRY_ENDPOINT",
        ),
        Key(
            "name",
            Text(),
            "The registry's resource name in Azure. Computed for an ACR: the login server up to the first `-` or `.`.",
            "shop",
            variable="DEPLOYCTL_REGISTRY_NAME",
        ),
        Key(
            "subscription",
            Text(),
            "Azure subscription id. Empty: the one that the signed-in identity finds the registry in.",
            "00000000-0000-0000-0000-000000000000",
            "",
            variable="DEPLOYCTL_SUBSCRIPTION",
        ),
        Key(
            "resource_group",
            Text(),
            "The registry's resource group. Saves one request when it is set.",
            "shop-registry",
            "",
            variable="DEPLOYCTL_RESOURCE_GROUP",
        ),
        Key(
            "builder",
            Choice(("acr", "docker", "buildx", "none")),
            "Who builds images. acr: ACR Tasks; docker, buildx: docker on this machine, with its own logins; none: "
            "they must exist. Computed: acr for an ACR, else none.",
            "acr",
            variable="DEPLOYCTL_BUILDER",
        ),
        Key("build_timeout", Number(300, 28_800, "seconds"), "How long a build may run, in Azure.", 3600, 3600),
        Key("agent_pool", Text(), "ACR Tasks agent pool. Empty: Azure's shared agents.", "", ""),
        Key(
            "lock_tags",
            Flag(),
            "Lock the tag of an image that was built, so that nobody overwrites or deletes it. Extra tags stay open.",
            example=False,
            default=False,
        ),
        Key(
            "identity",
            Choice(("", "secret", "certificate", "workload", "github", "managed", "cli", "dev", "prod")),
            "Which Azure identity to use. Empty: AZURE_TOKEN_CREDENTIALS, else the first that the surroundings offer.",
            "github",
            "",
            variable="DEPLOYCTL_IDENTITY",
        ),
        Key(
            "credentials",
            Choice(("auto", "azure", "docker", "pull-secret", "environment", "anonymous")),
            "How to sign in. auto: DEPLOYCTL_REGISTRY_USERNAME and _PASSWORD, azure-identity for an ACR, docker's own "
            "config, the cluster's pull secret, anonymous.",
            "auto",
            "auto",
            variable="DEPLOYCTL_CREDENTIALS",
        ),
        Key(
            "pull_secret",
            Text(),
            'For credentials = "pull-secret": its name in the namespace. Empty: whichever fits the host.',
            "acr-secret",
            "",
        ),
        Key(
            "ca_file",
            OuterFile(),
            "CA bundle for a registry with a certificate authority of its own.",
            "~/ca/registry.pem",
            variable="DEPLOYCTL_REGISTRY_CA_FILE",
        ),
        Key(
            "arm_endpoint",
            Url(),
            "Azure Resource Manager; another one for a sovereign cloud, such as https://management.chinacloudapi.cn.",
            "https://management.azure.com",
            "https://management.azure.com",
            variable="DEPLOYCTL_ARM_ENDPOINT",
        ),
        Key(
            "authority",
            Url(),
            "Azure's sign-in; another one for a sovereign cloud, such as https://login.chinacloudapi.cn.",
            "https://login.microsoftonline.com",
            "https://login.microsoftonline.com",
            variable="DEPLOYCTL_AUTHORITY",
        ),
    ),
)
