"""skopeo against the sandbox's registry and Debian's docker-registry."""

from __future__ import annotations

from conformance.comparing.procedure import Procedure, Skopeo

OPENLY = "--tls-verify=false"
COPY = "copy -q --preserve-digests --src-tls-verify=false --dest-tls-verify=false"
CREDENTIALS = "--creds lab:lab-secret"
OPEN = Procedure(
    "skopeo with an open registry",
    (
        Skopeo(f"{COPY} @conf/web:v1 @conf/$NS:one"),
        Skopeo(f"{COPY} @conf/web:v1 @conf/$NS:two"),
        Skopeo(f"{COPY} @conf/web:v2 @conf/$NS:three"),
        Skopeo(f"list-tags {OPENLY} @conf/$NS"),
        Skopeo(f"inspect {OPENLY} --format '{{{{.Name}}}} {{{{.Os}}}} {{{{.Architecture}}}}' @conf/$NS:one"),
        Skopeo(f"inspect {OPENLY} --raw --format x @conf/$NS:none"),
        Skopeo(f"inspect {OPENLY} @conf/$NS:none"),
        Skopeo(f"inspect {OPENLY} @conf/$NS-none:one"),
        Skopeo(f"list-tags {OPENLY} @conf/$NS-none"),
        Skopeo(f"delete {OPENLY} @conf/$NS:one"),
        Skopeo(f"list-tags {OPENLY} @conf/$NS"),
        Skopeo(f"inspect {OPENLY} @conf/$NS:two"),
        Skopeo(f"delete {OPENLY} @conf/$NS:none"),
        Skopeo(f"inspect {OPENLY} @conf/arm:v1"),
        Skopeo(f"{COPY} @conf/arm:v1 @conf/$NS:arm"),
        Skopeo(f"{COPY} --all @conf/arm:v1 @conf/$NS:arm"),
        Skopeo(f"list-tags {OPENLY} @conf/$NS"),
        Skopeo(f"delete {OPENLY} @conf/$NS:three"),
        Skopeo(f"delete {OPENLY} @conf/$NS:arm"),
        Skopeo(f"list-tags {OPENLY} @conf/$NS"),
    ),
)
PRIVATE = Procedure(
    "skopeo with a private registry",
    (
        Skopeo(f"list-tags {OPENLY} %conf/secret"),
        Skopeo(f"list-tags {OPENLY} --creds lab:wrong %conf/secret"),
        Skopeo(f"list-tags {OPENLY} {CREDENTIALS} %conf/secret"),
        Skopeo(f"inspect {OPENLY} %conf/secret:v1"),
        Skopeo(f"{COPY} --src-creds lab:lab-secret %conf/secret:v1 @conf/$NS:copied"),
        Skopeo(f"{COPY} @conf/web:v1 %conf/$NS:one"),
        Skopeo(f"{COPY} --dest-creds lab:lab-secret @conf/web:v1 %conf/$NS:one"),
        Skopeo(f"list-tags {OPENLY} {CREDENTIALS} %conf/$NS"),
        Skopeo(f"delete {OPENLY} %conf/$NS:one"),
        Skopeo(f"delete {OPENLY} {CREDENTIALS} %conf/$NS:one"),
        Skopeo(f"delete {OPENLY} @conf/$NS:copied"),
    ),
)
REGISTRY = (OPEN, PRIVATE)
