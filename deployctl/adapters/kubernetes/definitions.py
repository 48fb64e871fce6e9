"""Kinds that come with the release itself: a CustomResourceDefinition is waited for before its objects are applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Answer, Connection, Request
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.adapters.retries import NEW_KIND, Transient, retrying
from deployctl.model.json import items, text
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.pod import parse_conditions
from deployctl.ports import Clock, ClusterRejected, Kind

DEFINITION = "CustomResourceDefinition"


class Definitions:
    """What discovery lists, and what was defined since."""

    def __init__(self, connection: Connection, cluster: KubernetesCluster, clock: Clock) -> None:
        self._connection = connection
        self._cluster = cluster
        self._clock = clock
        self._new: dict[tuple[str, str], Kind] = {}

    def kind(self, ref: ObjectRef) -> Kind | None:
        """The kind, if the cluster serves it or a definition applied by us brings it."""
        key = (ref.api_version, ref.kind)
        return self._cluster.kinds().get(key) or self._new.get(key)

    def serves(self, ref: ObjectRef) -> bool:
        return self.kind(ref) is not None

    def kinds_in(self, manifests: Iterable[Manifest]) -> Mapping[tuple[str, str], Kind]:
        """The kinds that definitions among these objects bring."""
        found = (kind for m in manifests if m.ref.kind == DEFINITION for kind in defined_kinds(m))
        return {(kind.api_version, kind.kind): kind for kind in found}

    def applied(self, manifest: Manifest) -> None:
        """Wait until a definition is Established; nothing for other objects. Raises ClusterRejected."""
        if manifest.ref.kind == DEFINITION:
            retrying(NEW_KIND, self._clock, lambda: self._check_established(manifest.ref))
            self._new |= self.kinds_in((manifest,))

    def send(self, call: Callable[[], Answer]) -> Answer:
        """The call's answer; again while a kind defined a moment ago is not served by every API server yet."""
        answer = call()
        if not self._new or not _unknown_path(answer):
            return answer
        last = [answer]

        def again() -> None:
            last[0] = call()
            if _unknown_path(last[0]):
                raise Transient(_not_served())

        try:
            retrying(NEW_KIND, self._clock, again)
        except ClusterRejected:
            return last[0]
        return last[0]

    def _check_established(self, ref: ObjectRef) -> None:
        kind = Kind(ref.api_version, DEFINITION, "customresourcedefinitions", namespaced=False)
        answer = self._connection.send(Request("GET", paths.item(kind, "", ref.name)))
        conditions = parse_conditions(answer.json())
        if any(c.type == "Established" and c.status == "True" for c in conditions):
            return
        raise Transient(
            ClusterRejected(
                "the cluster does not take up this definition",
                ref=ref,
                status=answer.status,
                reason="NotEstablished",
                evidence=tuple(f"{c.type}={c.status} {c.reason}: {c.message}" for c in conditions),
                action=f"kubectl describe crd {ref.name}",
            )
        )


def defined_kinds(definition: Manifest) -> tuple[Kind, ...]:
    """The kinds that a CustomResourceDefinition serves, one a version."""
    spec = definition.body.get("spec", {})
    group, name, plural = text(spec, "group"), text(spec, "names", "kind"), text(spec, "names", "plural")
    namespaced = text(spec, "scope") == "Namespaced"
    served = (text(v, "name") for v in items(spec, "versions") if v.get("served") is True)
    return tuple(Kind(f"{group}/{version}", name, plural, namespaced) for version in served)


def _unknown_path(answer: Answer) -> bool:
    """A path that is not served answers plain text; an object or namespace that is missing answers a Status."""
    return answer.status == 404 and not answer.json()


def _not_served() -> ClusterRejected:
    ref = ObjectRef("", DEFINITION, "", "")
    return ClusterRejected("a new kind is not served yet", ref=ref, status=404, reason="NoKind")
