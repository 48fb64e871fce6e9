"""The tables of an environment."""

from __future__ import annotations

from deployctl.config.policy_tables import POLICIES
from deployctl.config.schema import Key, Sub, Table
from deployctl.config.shapes import DIALLED, NAME, Flag, Folder, OuterFile, Template, Text, Url
from deployctl.model.kustomization import KUSTOMIZATION_NAMES
from deployctl.model.tag import EXTRA_TAG_PLACEHOLDERS, REPOSITORY_PLACEHOLDERS, TAG_PLACEHOLDERS

KUSTOMIZE_FLAG = Text("a flag of `kubectl kustomize`, such as --enable-helm", r"--(?!output\b)[a-z][a-z-]*(=.*)?")

ENVIRONMENT = Table(
    "environments.NAME",
    "A place that releases go to.",
    (
        Key(
            "overlay",
            Folder("a kustomize overlay's folder, relative to this file's", KUSTOMIZATION_NAMES),
            "The kustomize overlay that is applied, whole, and whose `images:` are bumped.",
            "deploy/overlays/prod",
            required=True,
        ),
        Key(
            "namespace",
            NAME,
            "The namespace of the workloads, of the lock and of the release records.",
            "shop-prod",
            required=True,
            variable="DEPLOYCTL_NAMESPACE",
        ),
        Key("registry", Text(), "Which of [registries.NAME]. Computed: [registry], or the only one there is.", "acr"),
        Key(
            "repository",
            Template(REPOSITORY_PLACEHOLDERS, "repository", "shop/{service}"),
            "Template of a service's repository; {image} is its `images:` entry.",
            "shop/{service}",
            "{service}",
        ),
        Key(
            "tag",
            Template(TAG_PLACEHOLDERS, "tag", "prod-v{version}"),
            "Template of the tag that is built, deployed and written into the overlay.",
            "prod-v{version}",
            "v{version}",
        ),
        Key(
            "extra_tags",
            Template(EXTRA_TAG_PLACEHOLDERS, "tag", "prod-{git_sha}"),
            "Further tags moved onto the released image. {git_sha} is the whole commit, {git_sha_short} its first 7 "
            "characters.",
            ["prod-{git_sha}", "prod-latest"],
            [],
            many="array",
        ),
        Key(
            "kubeconfig",
            OuterFile(),
            "Computed: $KUBECONFIG (a list of files is merged, as kubectl does), else ~/.kube/config.",
            "~/.kube/config-prod",
            variable="DEPLOYCTL_KUBECONFIG",
        ),
        Key(
            "context",
            Text(),
            "The kubeconfig's context. Empty: its current one.",
            "prod",
            "",
            variable="DEPLOYCTL_CONTEXT",
        ),
        Key(
            "api_server",
            Url("an API server's URL, such as https://10.0.0.1:6443", path=True),
            "The only API server that is accepted; a context with another one is refused. Empty: the context's.",
            "https://10.0.0.1:6443",
            "",
            variable="DEPLOYCTL_API_SERVER",
        ),
        Key(
            "kustomize_flags",
            KUSTOMIZE_FLAG,
            "Further flags for `kubectl kustomize`.",
            ["--load-restrictor=LoadRestrictionsNone"],
            [],
            many="array",
        ),
        Key(
            "url",
            Url(path=True),
            "Where users reach the services; health paths are appended. Empty: health is not checked.",
            "https://shop.example.com",
            "",
            variable="DEPLOYCTL_URL",
        ),
        Key(
            "connect_to",
            DIALLED,
            "Dial this HOST:PORT instead of the URL's, keeping Host header and TLS name: for rehearsals and split DNS. "
            "One for both schemes, or http=HOST:PORT,https=HOST:PORT.",
            "127.0.0.1:8443",
            "",
            variable="DEPLOYCTL_CONNECT_TO",
        ),
        Key(
            "ca_file",
            OuterFile(),
            "CA bundle for the URL. Computed: the system's.",
            "~/ca/shop.pem",
            variable="DEPLOYCTL_CA_FILE",
        ),
        Key(
            "protected",
            Flag(),
            "Whether a release asks for the environment's name instead of y.",
            example=True,
            default=False,
        ),
    ),
    (Sub("policies", POLICIES),),
)
