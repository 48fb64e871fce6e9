"""What a narrow service account may and may not do, and how that is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from fake_clock import FakeClock
from live_place import Place

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.kubernetes.access import KubernetesAccess
from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.history import KubernetesHistory
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.adapters.kubernetes.leases import KubernetesLeases
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.adapters.kubernetes.writer import KubernetesWriter
from deployctl.model.errors import Unavailable
from deployctl.model.manifest import ObjectRef, manifest
from deployctl.ports import ClusterRejected, Permission

RIGHTS = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: narrow}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: narrow}
rules:
- {apiGroups: [apps], resources: [deployments, replicasets], verbs: [get, list, patch, create]}
- {apiGroups: [""], resources: [pods], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: narrow}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: narrow}
subjects: [{kind: ServiceAccount, name: narrow}]
"""
SETTINGS = manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}})


@pytest.fixture
def narrow(place: Place, tmp_path: Path) -> Iterator[Connection]:
    """A connection as a service account that may write Deployments and little else."""
    place.kubectl("apply", "-f", "-", stdin=RIGHTS)
    token = place.kubectl("create", "token", "narrow").strip()
    body = yaml.safe_load(place.kubectl("config", "view", "--minify", "--raw", "--flatten"))
    body["users"] = [{"name": body["contexts"][0]["context"]["user"], "user": {"token": token}}]
    (tmp_path / "config").write_text(yaml.safe_dump(body))
    settings = ClusterSettings(kubeconfig=tmp_path / "config", namespace=place.namespace)
    connection = Connection(settings, FakeClock(), {})
    yield connection
    connection.close()


def writer(connection: Connection) -> KubernetesWriter:
    return KubernetesWriter(connection, KubernetesCluster(connection), SystemClock())


def test_what_is_denied_is_told_apart_from_what_is_allowed(place: Place, narrow: Connection) -> None:
    allowed = (
        Permission("patch", "apps", "deployments", place.namespace),
        Permission("list", "", "pods", place.namespace),
    )
    denied = (
        Permission("delete", "apps", "deployments", place.namespace),
        Permission("patch", "apps", "deployments", "kube-system"),
        Permission("get", "", "pods/log", place.namespace),
        Permission("patch", "cert-manager.io", "clusterissuers", ""),
    )

    assert KubernetesAccess(narrow).denied((*allowed, *denied)) == denied


def test_a_snapshot_does_without_what_may_not_be_listed(place: Place, narrow: Connection) -> None:
    world = KubernetesCluster(narrow).world(place.namespace)

    assert (world.workloads, world.pods, world.events) == ((), (), ())


def test_a_snapshot_that_would_be_blind_is_refused(narrow: Connection) -> None:
    with pytest.raises(Unavailable) as caught:
        KubernetesCluster(narrow).world("kube-system")

    problem = caught.value.problem
    assert problem.what.startswith("we may not list ")
    assert "forbidden" in problem.evidence[0]


def test_an_object_that_may_not_be_read_is_named(narrow: Connection) -> None:
    with pytest.raises(Unavailable, match="we may not get configmap/settings"):
        KubernetesCluster(narrow).get((SETTINGS.ref,))


def test_an_object_that_may_not_be_written_is_foreseen(place: Place, narrow: Connection) -> None:
    (foreseen,) = writer(narrow).dry_run((SETTINGS,)).values()

    assert isinstance(foreseen, ClusterRejected)
    assert (foreseen.reason, foreseen.status) == ("Forbidden", 403)
    assert f"system:serviceaccount:{place.namespace}:narrow" in foreseen.problem.evidence[0]


def test_logs_that_may_not_be_read_are_none(place: Place, narrow: Connection) -> None:
    assert KubernetesCluster(narrow).logs(place.namespace, "a", "b", previous=False, lines=5) == ()


def test_a_lock_or_a_history_that_may_not_be_touched_is_named(narrow: Connection) -> None:
    with pytest.raises(Unavailable, match="we may not get lease/deployctl-prod"):
        KubernetesLeases(narrow, FakeClock(), "prod").acquire("li", "observe")
    with pytest.raises(Unavailable, match="we may not list secrets in"):
        KubernetesHistory(narrow, "prod").read()


def test_a_token_that_is_none_is_not_accepted(place: Place, tmp_path: Path) -> None:
    body = yaml.safe_load(place.kubectl("config", "view", "--minify", "--raw", "--flatten"))
    body["users"][0]["user"] = {"token": "hunter2-not-a-token"}
    (tmp_path / "config").write_text(yaml.safe_dump(body))
    connection = Connection(ClusterSettings(kubeconfig=tmp_path / "config"), FakeClock(), {})

    with pytest.raises(Unavailable) as caught:
        KubernetesCluster(connection).get((ObjectRef("v1", "Namespace", "", "default"),))

    assert caught.value.problem.what == "the API server does not accept the kubeconfig's credentials"
    assert "hunter2" not in f"{caught.value.problem}"


def test_an_object_of_a_namespace_that_is_being_deleted_is_named(place: Place) -> None:
    held = '{"metadata": {"finalizers": ["example.com/held"]}}'
    place.kubectl("apply", "-f", "-", stdin="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held}\n")
    place.kubectl("patch", "configmap", "held", "--type=merge", "-p", held)
    place.kubectl("delete", "namespace", place.namespace, "--wait=false")
    try:
        with pytest.raises(ClusterRejected) as caught:
            place.writer.apply(SETTINGS)
    finally:
        place.kubectl("patch", "configmap", "held", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')

    assert caught.value.reason == "NamespaceTerminating"


def test_a_quota_that_is_used_up_is_named(place: Place) -> None:
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {count/configmaps: '0'}}\n"
    place.kubectl("apply", "-f", "-", stdin=quota)
    place.kubectl("wait", "resourcequota/q", "--for=jsonpath={.status.hard.count/configmaps}=0", "--timeout=120s")

    (foreseen,) = place.writer.dry_run((SETTINGS,)).values()

    assert isinstance(foreseen, ClusterRejected)
    assert foreseen.reason == "QuotaExceeded"
