"""Which files of a build context look like secrets: by their names, and by the beginnings of those that may be both."""

from __future__ import annotations

from fnmatch import fnmatchcase

HARMLESS = ("*.example", "*.sample", "*.template", "*.dist", "*.pub", "*.md")
NAMES: tuple[tuple[str, str], ...] = (
    (".env", "environment variables, often passwords"),
    (".env.*", "environment variables, often passwords"),
    ("*.env", "environment variables, often passwords"),
    ("id_rsa", "an SSH key"),
    ("id_dsa", "an SSH key"),
    ("id_ecdsa", "an SSH key"),
    ("id_ed25519", "an SSH key"),
    ("*.ppk", "an SSH key"),
    ("*.p12", "a key store"),
    ("*.pfx", "a key store"),
    ("*.jks", "a key store"),
    ("*.keystore", "a key store"),
    ("*.kdbx", "a password store"),
    ("kubeconfig", "access to a cluster"),
    ("kubeconfig.*", "access to a cluster"),
    ("*.kubeconfig", "access to a cluster"),
    (".npmrc", "may hold a token"),
    (".yarnrc.yml", "may hold a token"),
    (".pypirc", "may hold a password"),
    (".netrc", "may hold passwords"),
    (".git-credentials", "holds passwords"),
    (".dockerconfigjson", "registry logins"),
    (".htpasswd", "password hashes"),
    (".vault-token", "a token"),
    ("*.tfstate", "Terraform's state holds secrets in clear"),
    ("*.tfvars", "Terraform's variables, often secrets"),
    ("credentials.json", "a cloud credential"),
    ("service-account*.json", "a cloud credential"),
    ("secrets.y*ml", "secrets, by its name"),
    ("secrets.json", "secrets, by its name"),
)
PATHS: tuple[tuple[str, str], ...] = (
    (".kube/config*", "access to a cluster"),
    (".docker/config.json", "registry logins"),
    (".aws/credentials", "a cloud credential"),
    (".azure/*", "Azure logins"),
    (".ssh/*", "SSH keys and hosts"),
    (".git/config", "may hold a remote's password; the whole history travels with it"),
)
ASKED = ("*.pem", "*.key", "*.crt", "*.cer", "*.yaml", "*.yml", "*.conf", "*config*")
"""Names that a key or kubeconfig may have, and many a harmless file too: their content tells."""
READ = 64 * 1024
"""Bytes of such a file that are looked at."""


def secret_by_name(path: str) -> str:
    """Why a path, relative to the context, looks like a secret; empty when it does not."""
    parts = path.split("/")
    name = parts[-1].lower()
    if any(fnmatchcase(name, pattern) for pattern in HARMLESS):
        return ""
    for pattern, why in NAMES:
        if fnmatchcase(name, pattern):
            return why
    tail = "/".join(parts[-2:]).lower()
    return next((why for pattern, why in PATHS if fnmatchcase(tail, pattern)), "")


def worth_reading(path: str) -> bool:
    """Whether only the content can tell."""
    name = path.rpartition("/")[2].lower()
    return any(fnmatchcase(name, pattern) for pattern in ASKED)


def secret_by_content(content: bytes) -> str:
    """Why the beginning of a file shows it to be a secret; empty when it does not."""
    if b"-----BEGIN " in content and b"PRIVATE KEY-----" in content:
        return "a private key"
    credential = any(word in content for word in (b"client-key-data:", b"token:", b"password:", b"exec:"))
    if b"kind: Config" in content and b"clusters:" in content and credential:
        return "access to a cluster"
    return ""
