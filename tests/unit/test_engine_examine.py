"""What `diagnose` reads of the world."""

from __future__ import annotations

from shop import Shop

from deployctl.engine.examine import read_examination
from deployctl.model.manifest import manifest
from deployctl.model.outside import Outside

INGRESS = manifest(
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": {"rules": [{"host": "shop.example.com"}]},
        "status": {"loadBalancer": {"ingress": [{"hostname": "balancer.example.net"}]}},
    }
)


def test_dns_is_asked_for_the_hosts_of_live_ingresses_and_for_load_balancers_that_are_names() -> None:
    shop = Shop()
    shop.fakes.cluster.apply(manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
    shop.fakes.cluster.seen_outside = Outside(ingresses=(INGRESS,))
    shop.fakes.names.known = {"shop.example.com": ("198.51.100.7",), "balancer.example.net": ("203.0.113.1",)}
    found = read_examination(shop.target, ())
    assert sorted(shop.fakes.names.asked) == ["balancer.example.net", "shop.example.com"]
    (elsewhere,) = (d for d in found.diagnoses if d.cause == "dns-elsewhere")
    assert (elsewhere.severity, elsewhere.object) == ("note", "ingress/shop: shop.example.com")
    assert "the load balancer of ingress/shop is at balancer.example.net, 203.0.113.1" in elsewhere.summary
