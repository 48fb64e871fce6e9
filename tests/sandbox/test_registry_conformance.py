"""One list of procedures, run by skopeo and by hand against the sandbox's registry and Debian's docker-registry."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
from docker_registry import docker_registry, needs
from served_registry import make_registry

from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.loop_thread import LoopThread
from deployctl.sandbox.registry.app import build_app
from deployctl.sandbox.registry.make import ImageSpec, make_image

OCI = "application/vnd.oci.image.manifest.v1+json"
EMPTY = f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
"""Of an error only the code is compared, the message is the server's own; of an upload's Location not its state."""
COMPARED = ("content-type", "docker-content-digest", "docker-distribution-api-version", "location", "range", "link")


@dataclass
class Door:
    """A registry by its host, plain http."""

    host: str
    uploads: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[Any, ...]:
        """Status, compared headers and body, with what differs from run to run taken out."""
        url = path if path.startswith("http") else f"http://{self.host}{self.uploads.get(path, path)}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = urllib3.PoolManager().request(method, url, body=body, headers=sent, redirect=False, retries=False)
        if "Docker-Upload-UUID" in answer.headers:
            self.uploads["@upload"] = answer.headers["Location"]
        found = {name: self._normal(answer.headers[name]) for name in COMPARED if name in answer.headers}
        return answer.status, found, _body(answer)

    def _normal(self, text: str) -> str:
        text = text.replace(f"http://{self.host}", "").replace("; charset=utf-8", "")
        return re.sub(r"(uploads/)[^?]+(\?.*)?$", r"\1UPLOAD", text)

    def put(self, name: str, reference: str, body: bytes) -> tuple[Any, ...]:
        return self.ask("PUT", f"/v2/{name}/manifests/{reference}", body, Content_Type=OCI)

    def get(self, path: str) -> tuple[Any, ...]:
        return self.ask("GET", path, Accept=OCI)

    def tags(self, name: str) -> list[str]:
        """Sorted: distribution 2.8 knows no order and no pages, which ACR and the specification have."""
        return sorted(self.ask("GET", f"/v2/{name}/tags/list")[2]["tags"])

    def finish(self, digest: str, body: bytes = b"") -> tuple[Any, ...]:
        location = self.uploads["@upload"]
        url = location if location.startswith("http") else f"http://{self.host}{location}"
        return self.ask("PUT", f"{url}{'&' if '?' in url else '?'}digest={digest}", body)

    def append(self, body: bytes, span: str) -> tuple[Any, ...]:
        location = self.uploads["@upload"]
        url = location if location.startswith("http") else f"http://{self.host}{location}"
        return self.ask("PATCH", url, body, Content_Range=span, Content_Type="application/octet-stream")

    def skopeo(self, *arguments: str) -> tuple[int, str]:
        command = [a.replace("@", f"docker://{self.host}/") for a in arguments]
        flags = {"copy": ["--src-tls-verify=false", "--dest-tls-verify=false"]}.get(command[0], ["--tls-verify=false"])
        answer = subprocess.run(
            ["skopeo", command[0], *flags, *command[1:]], capture_output=True, text=True, check=False
        )
        shown = "" if command[0] == "copy" else answer.stdout.replace(self.host, "HOST")  # progress comes in any order
        return answer.returncode, shown


def _body(answer: urllib3.BaseHTTPResponse) -> object:
    if "json" not in answer.headers.get("Content-Type", "") or not answer.data:
        return answer.data
    value = json.loads(answer.data)
    if isinstance(value, dict) and "errors" in value:
        return [error["code"] for error in value["errors"]]
    return value


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, Door]]:
    needs("skopeo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGISTRY_STORAGE_DELETE_ENABLED", "true")
        yield from _both(tmp_path_factory)


def _both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, Door]]:
    with docker_registry(tmp_path_factory.mktemp("real"), htpasswd=False) as real, LoopThread() as thread:
        listener = thread.run(listen(build_app(make_registry("none"))))
        yield Door(real), Door(f"127.0.0.1:{listener.port}")
        thread.run(listener.close())


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two platforms as an OCI layout, made by the sandbox and fetched by skopeo."""
    folder = tmp_path_factory.mktemp("layout") / "oci"
    registry = make_registry("none")
    spec = ImageSpec(size=20480, labels={"a": "b"}, platforms=("linux/amd64", "linux/arm64"))
    make_image(registry.storage, "x", "v1", spec)
    with LoopThread() as thread:
        listener = thread.run(listen(build_app(registry)))
        source = f"docker://127.0.0.1:{listener.port}/x:v1"
        command = [
            "skopeo",
            "copy",
            "--all",
            "--preserve-digests",
            "--src-tls-verify=false",
            source,
            f"oci:{folder}:v1",
        ]
        subprocess.run(command, check=True, capture_output=True)
        thread.run(listener.close())
    return folder


def compared(doors: tuple[Door, Door], *calls: tuple[Any, ...]) -> None:
    """Each call on both, answers the same. A call is a method of Door and its arguments."""
    differing = []
    for name, *arguments in calls:
        real, sandbox = (getattr(door, name)(*arguments) for door in doors)
        if real != sandbox:
            differing.append(f"{name} {arguments}\n    real    {real}\n    sandbox {sandbox}")
    assert not differing, "\n".join(differing)


def test_skopeo_copies_inspects_lists_and_deletes(doors: tuple[Door, Door], layout: Path) -> None:
    source = f"oci:{layout}:v1"
    compared(
        doors,
        ("skopeo", "copy", "--all", "--preserve-digests", source, "@team/app:v1"),
        ("skopeo", "copy", "--all", "--preserve-digests", "@team/app:v1", "@team/app:v2"),
        ("skopeo", "copy", "--all", "--preserve-digests", "@team/app:v1", "@other/app:v1"),
        ("skopeo", "inspect", "@team/app:v1"),
        ("skopeo", "inspect", "--raw", "@team/app:v1"),
        ("skopeo", "inspect", "--config", "--override-arch=arm64", "@team/app:v1"),
        ("skopeo", "list-tags", "@team/app"),
        ("skopeo", "inspect", "@team/app:none"),
        ("skopeo", "inspect", "@none/app:v1"),
        ("skopeo", "delete", "@other/app:v1"),
        ("skopeo", "inspect", "@other/app:v1"),
        ("skopeo", "list-tags", "@none/app"),
    )


def test_the_base_and_what_is_none(doors: tuple[Door, Door]) -> None:
    compared(
        doors,
        ("ask", "GET", "/v2/"),
        ("ask", "GET", "/v2/none/tags/list"),
        ("ask", "GET", "/v2/none/manifests/v1"),
        ("ask", "GET", f"/v2/none/blobs/{EMPTY}"),
        ("ask", "HEAD", f"/v2/none/blobs/{EMPTY}"),
        ("ask", "HEAD", "/v2/none/manifests/v1"),
    )


def test_a_blob_in_one_piece_and_in_chunks(doors: tuple[Door, Door]) -> None:
    whole = f"sha256:{hashlib.sha256(b'abcdef').hexdigest()}"
    compared(
        doors,
        ("ask", "POST", "/v2/chunks/blobs/uploads/"),
        ("append", b"abc", "0-2"),
        ("append", b"def", "3-5"),
        ("finish", whole),
        ("ask", "HEAD", f"/v2/chunks/blobs/{whole}"),
        ("ask", "GET", f"/v2/chunks/blobs/{whole}"),
        ("ask", "POST", f"/v2/mounted/blobs/uploads/?mount={whole}&from=chunks"),
        ("ask", "HEAD", f"/v2/mounted/blobs/{whole}"),
        ("ask", "POST", "/v2/chunks/blobs/uploads/"),
        ("finish", EMPTY, b"not empty"),
        ("ask", "DELETE", f"/v2/chunks/blobs/{whole}"),
        ("ask", "HEAD", f"/v2/chunks/blobs/{whole}"),
        ("ask", "DELETE", f"/v2/chunks/blobs/{whole}"),
    )


def test_manifests_by_tag_and_digest(doors: tuple[Door, Door]) -> None:
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": EMPTY, "size": 2}
    body = json.dumps({"schemaVersion": 2, "mediaType": OCI, "config": config, "layers": []}).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    compared(
        doors,
        ("ask", "PUT", "/v2/hand/manifests/early", body),
        ("ask", "POST", "/v2/hand/blobs/uploads/"),
        ("finish", EMPTY, b"{}"),
        *(("put", "hand", tag, body) for tag in ("a", "b", "c")),
        ("put", "hand", digest, body),
        ("put", "hand", EMPTY, body),
        ("ask", "HEAD", "/v2/hand/manifests/a"),
        ("ask", "GET", f"/v2/hand/manifests/{digest}"),
        ("get", f"/v2/hand/manifests/{digest}"),
        ("get", "/v2/hand/manifests/a"),
        ("tags", "hand"),
        ("ask", "DELETE", f"/v2/hand/manifests/{digest}"),
        ("ask", "GET", "/v2/hand/manifests/a"),
        ("ask", "DELETE", f"/v2/hand/manifests/{digest}"),
    )
