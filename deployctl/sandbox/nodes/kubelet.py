"""One node's agent: registers it, keeps its lease, and gives every pod that is bound here a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.kit.meta import micro_timestamp, uid_of
from deployctl.sandbox.controllers.kit.pods import is_terminal
from deployctl.sandbox.controllers.kit.requests import amounts, pod_requests
from deployctl.sandbox.controllers.kit.tasks import Tasks
from deployctl.sandbox.nodes.agents import IMAGE, NAMESPACE, agents_image, agents_pod
from deployctl.sandbox.nodes.eviction import eviction_message
from deployctl.sandbox.nodes.faults import Subject, about_pod
from deployctl.sandbox.nodes.images import parse_reference
from deployctl.sandbox.nodes.machine import MANAGER, Machine, log
from deployctl.sandbox.nodes.node_object import new_node, node_status
from deployctl.sandbox.nodes.pod_worker import PodWorker

LEASE_SECONDS = 40


class Kubelet:
    """Everything happens by changes of pods and by time."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.world, self.clock = machine, machine.world, machine.clock
        self.workers: dict[str, PodWorker] = {}
        self.tasks = Tasks()
        self._evicted: set[str] = set()
        self._missed: list[Change] = []
        self._seen_faults: list[list[dict[str, object]]] = []
        machine.on_images = self._images_changed
        self._report_due = False

    def register(self) -> None:
        """Create the Node and its Lease unless they are there, and report ready."""
        name = self.machine.name
        if self.world.get("nodes", None, name) is None:
            self.world.create("nodes", new_node(self.machine.spec), MANAGER)
            node = self.world.get("nodes", None, name) or {"metadata": {"name": name}}
            self.machine.events.normal({"kind": "Node", **node}, "Starting", "Starting kubelet.")
        self.report()
        self._renew()
        self._start_agents()

    def _start_agents(self) -> None:
        """The platform's own pods, when the spec says that there are any."""
        spec, node = self.machine.spec, self.world.get("nodes", None, self.machine.name)
        if not spec.foreign_usage or node is None:
            return
        self.machine.store.put(parse_reference(IMAGE), agents_image(spec))
        body = agents_pod(spec, node)
        if self.world.get("pods", NAMESPACE, body["metadata"]["name"]) is None:
            self._try(lambda: self.world.create("pods", body, MANAGER))

    async def run(self) -> None:
        self.tasks.start(self._every(self.machine.timings.heartbeat, self._heartbeat), "heartbeat")
        self.tasks.start(self._every(self.machine.timings.node_status, self._report), "node status")
        try:
            await self._every(self.machine.timings.faults, self.look_at_faults)
        finally:
            for worker in self.workers.values():
                await worker.context.tasks.cancel()
            await self.tasks.cancel()

    def pod_changed(self, change: Change) -> None:
        """A pod of this node was made, changed or removed; a node that is cut off hears of it when it is back."""
        if self.machine.down:
            self._missed.append(change)
            return
        pod = change.object
        worker = self.workers.get(uid_of(pod))
        if change.type == "DELETED":
            if worker is not None:
                del self.workers[uid_of(pod)]
                self.tasks.start(worker.forget(), "forget")
                self._room_was_made()
            return
        if worker is None:
            if is_terminal(pod):
                return
            worker = self.workers[uid_of(pod)] = PodWorker(self.machine, pod, partial(self._short, uid_of(pod)))
            self._admit(worker)
        worker.update(pod)

    def _admit(self, worker: PodWorker) -> None:
        refusal = self._refusal(worker)
        if refusal is None:
            worker.start()
        else:
            worker.reject(*refusal)

    def _refusal(self, worker: PodWorker) -> tuple[str, str] | None:
        """A kubelet counts again what the scheduler counted."""
        asked = pod_requests(worker.pod)
        short = self._short(uid_of(worker.pod), asked)
        if short is None:
            return None
        name, (used, capacity) = short[0], self._counted(uid_of(worker.pod), short[0])
        numbers = f"requested: {asked[name]}, used: {used}, capacity: {capacity}"
        return f"OutOf{name}", f"Node didn't have enough resource: {name}, {numbers}"

    def _short(self, uid: str, asked: Mapping[str, int]) -> tuple[str, bool] | None:
        """The first resource that is short for the pod of this uid, and whether the node could never have it."""
        for name, amount in asked.items():
            used, capacity = self._counted(uid, name)
            if amount and amount > capacity - used:
                return name, amount > capacity
        return None

    def _counted(self, uid: str, name: str) -> tuple[int, int]:
        """Of a resource: what the other pods have, and what there is."""
        node = self.world.get("nodes", None, self.machine.name) or {}
        allocatable = amounts((node.get("status") or {}).get("allocatable"))
        others = (w for u, w in self.workers.items() if u != uid and not is_terminal(w.pod))
        return sum(pod_requests(w.pod, running=True).get(name, 0) for w in others), allocatable.get(name, 0)

    def _room_was_made(self) -> None:
        for worker in self.workers.values():
            worker.resizer.look()

    def look_at_faults(self) -> None:
        """Let the processes see what changed, and act on the faults that are the node's own."""
        if self._faults_changed():
            self.machine.link.notice()
            for worker in self.workers.values():
                for record in worker.records:
                    if record.process is not None:
                        record.process.changed.set()
        down = bool(self.machine.concerning("node-down", Subject(node=self.machine.name)))
        if down != self.machine.down:
            self.machine.down = down
            if not down:
                self._back()
        if self.machine.faults.active("evict"):
            for worker in list(self.workers.values()):
                self._evict_if_asked(worker)

    def _faults_changed(self) -> bool:
        """Whether what programs and pulls ask about is other than at the last look."""
        kinds = ("app", "hang-termination", "bandwidth", "slow-pull")
        seen = [[dict(fault) for fault in self.machine.faults.active(kind)] for kind in kinds]
        changed, self._seen_faults = seen != self._seen_faults, seen
        return changed

    def _back(self) -> None:
        """The network is there again: lease, node and all pods are reported anew."""
        self._renew()
        self.report()
        missed, self._missed = self._missed, []
        for change in missed:
            self.pod_changed(change)
        for worker in self.workers.values():
            worker.publish()

    def _evict_if_asked(self, worker: PodWorker) -> None:
        """Each pod once; a fault that says `once` only the first that it finds."""
        uid, subject = uid_of(worker.pod), about_pod(worker.pod)
        faults = self.machine.concerning("evict", subject)
        if not faults or uid in self._evicted or is_terminal(worker.pod):
            return
        if faults[0].get("once") and self._evicted:
            return
        self.machine.strike("evict", subject)
        self._evicted.add(uid)
        worker.evict(str(faults[0].get("message") or eviction_message(worker)))

    def _heartbeat(self) -> None:
        if not self.machine.down:
            self._renew()

    def _report(self) -> None:
        if not self.machine.down:
            self.report()

    def report(self) -> None:
        """Write the node's status."""
        node = self.world.get("nodes", None, self.machine.name)
        if node is None:
            return
        before = node.get("status") or {}
        pressure = bool(self.machine.concerning("memory-pressure", Subject(node=self.machine.name)))
        images = self.machine.store.status()
        status = node_status(self.machine.spec, before, self.machine.ip, images, self.clock.now(), pressure=pressure)
        self._try(lambda: self.world.update_status("nodes", node, status, MANAGER))

    def _images_changed(self) -> None:
        """Report new images soon, several at once."""
        if not self._report_due:
            self._report_due = True
            self.tasks.start(self._report_soon(), "images")

    async def _report_soon(self) -> None:
        await self.clock.sleep(1.0)
        self._report_due = False
        self._report()

    def _renew(self) -> None:
        name, now = self.machine.name, micro_timestamp(self.clock.now())
        lease = self.world.get("leases.coordination.k8s.io", "kube-node-lease", name)
        spec = {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now}
        if lease is None:
            body: Object = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": name, "namespace": "kube-node-lease"},
                "spec": spec,
            }
            self._try(lambda: self.world.create("leases.coordination.k8s.io", body, MANAGER))
        else:
            renewed = {**lease, "spec": {**lease["spec"], **spec}}
            self._try(lambda: self.world.update("leases.coordination.k8s.io", renewed, MANAGER))

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except ApiError as error:
            log.warning("kubelet %s: %s", self.machine.name, error)

    async def _every(self, seconds: float, act: Callable[[], None]) -> None:
        while True:
            await self.clock.sleep(seconds)
            act()
