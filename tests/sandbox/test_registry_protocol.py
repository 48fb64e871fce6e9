"""The distribution protocol and ACR's token flow on the wire, request by request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import urllib3
from served_registry import ACCEPT, PULLER, Served, served_registry

from deployctl.sandbox.registry.make import ImageSpec, make_image

V2 = "/v2/team/backend"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_registry(tmp_path) as found:
        yield found


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_blob_goes_up_in_one_request(served: Served) -> None:
    started = served.as_admin("POST", f"{V2}/blobs/uploads/?digest={digest_of(b'abc')}", body=b"abc")
    assert (started.status, started.headers["Location"]) == (201, f"{V2}/blobs/{digest_of(b'abc')}")
    assert served.as_admin("GET", f"{V2}/blobs/{digest_of(b'abc')}").data == b"abc"


def test_a_blob_goes_up_in_chunks_with_its_progress_told(served: Served) -> None:
    place = served.as_admin("POST", f"{V2}/blobs/uploads/").headers["Location"]
    first = served.as_admin("PATCH", place, {"Content-Range": "0-2"}, body=b"abc")
    second = served.as_admin("PATCH", place, {"Content-Range": "3-4"}, body=b"de")
    asked = served.as_admin("GET", place)
    done = served.as_admin("PUT", f"{place}?digest={digest_of(b'abcdef')}", body=b"f")

    assert [r.status for r in (first, second, asked, done)] == [202, 202, 204, 201]
    assert [r.headers["Range"] for r in (first, second, asked)] == ["0-2", "0-4", "0-4"]
    assert served.as_admin("GET", place).status == 404


def test_a_chunk_out_of_order_is_refused_with_the_range_so_far(served: Served) -> None:
    place = served.as_admin("POST", f"{V2}/blobs/uploads/").headers["Location"]
    served.as_admin("PATCH", place, {"Content-Range": "0-2"}, body=b"abc")

    refused = served.as_admin("PATCH", place, {"Content-Range": "5-6"}, body=b"xx")
    assert (refused.status, refused.headers["Range"]) == (416, "0-2")


def test_content_with_another_digest_is_refused(served: Served) -> None:
    refused = served.as_admin("POST", f"{V2}/blobs/uploads/?digest={digest_of(b'abc')}", body=b"xyz")
    assert (refused.status, json.loads(refused.data)["errors"][0]["code"]) == (400, "DIGEST_INVALID")


def test_a_blob_is_mounted_from_another_repository(served: Served) -> None:
    served.as_admin("POST", f"/v2/other/blobs/uploads/?digest={digest_of(b'abc')}", body=b"abc")

    mounted = served.as_admin("POST", f"{V2}/blobs/uploads/?mount={digest_of(b'abc')}&from=other")
    missing = served.as_admin("POST", f"{V2}/blobs/uploads/?mount={digest_of(b'xyz')}&from=other")
    assert (mounted.status, missing.status) == (201, 202)
    assert served.as_admin("HEAD", f"{V2}/blobs/{digest_of(b'abc')}").headers["Content-Length"] == "3"


@pytest.mark.parametrize(
    ("asked", "status", "told", "body"),
    [
        ("bytes=0-1", 206, "bytes 0-1/6", b"ab"),
        ("bytes=4-", 206, "bytes 4-5/6", b"ef"),
        ("bytes=-2", 206, "bytes 4-5/6", b"ef"),
        ("bytes=4-99", 206, "bytes 4-5/6", b"ef"),
        ("bytes=6-7", 416, "bytes */6", None),
    ],
)
def test_ranges_of_blobs(served: Served, asked: str, status: int, told: str, body: bytes | None) -> None:
    served.as_admin("POST", f"{V2}/blobs/uploads/?digest={digest_of(b'abcdef')}", body=b"abcdef")

    found = served.as_admin("GET", f"{V2}/blobs/{digest_of(b'abcdef')}", {"Range": asked})
    assert (found.status, found.headers["Content-Range"]) == (status, told)
    assert body is None or found.data == body


def test_a_declared_layer_is_served_with_the_digest_it_claims(served: Served) -> None:
    made = make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=3 << 20))
    for layer in made.parsed.layers:
        content = served.as_admin("GET", f"{V2}/blobs/{layer.digest}").data
        assert (digest_of(content), len(content)) == (layer.digest, layer.size)


def test_head_of_a_manifest_tells_digest_type_and_length(served: Served) -> None:
    made = make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))

    head = served.as_admin("HEAD", f"{V2}/manifests/v1")
    told = {name: head.headers[name] for name in ("Docker-Content-Digest", "Content-Type", "Content-Length")}
    assert told == {
        "Docker-Content-Digest": digest_of(made.body),
        "Content-Type": "application/vnd.oci.image.manifest.v1+json",
        "Content-Length": str(len(made.body)),
    }


def test_a_manifest_whose_layer_is_missing_is_refused(served: Served) -> None:
    layer = {"mediaType": "x", "digest": digest_of(b"nowhere"), "size": 1}
    body = json.dumps({"schemaVersion": 2, "layers": [layer]})
    refused = served.as_admin(
        "PUT", f"{V2}/manifests/v1", {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}, body=body
    )
    assert (refused.status, json.loads(refused.data)["errors"][0]["code"]) == (400, "MANIFEST_BLOB_UNKNOWN")


def test_tags_come_in_pages(served: Served) -> None:
    for number in range(5):
        make_image(served.registry.storage, "team/backend", f"v{number}", ImageSpec(size=2048))

    page = served.as_admin("GET", f"{V2}/tags/list?n=2&last=v0")
    assert json.loads(page.data) == {"name": "team/backend", "tags": ["v1", "v2"]}
    assert page.headers["Link"] == f'<{V2}/tags/list?last=v2&n=2>; rel="next"'


def test_referrers_lists_what_points_at_an_image(served: Served) -> None:
    made = make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))
    served.as_admin("POST", f"{V2}/blobs/uploads/?digest={digest_of(b'{}')}", body=b"{}")
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}
    subject = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": made.digest, "size": 1}
    body = json.dumps(
        {"schemaVersion": 2, "artifactType": "test/signature", "config": empty, "layers": [empty], "subject": subject}
    ).encode()
    put = served.as_admin(
        "PUT",
        f"{V2}/manifests/{digest_of(body)}",
        {"Content-Type": "application/vnd.oci.image.manifest.v1+json"},
        body=body,
    )

    found = json.loads(served.as_admin("GET", f"{V2}/referrers/{made.digest}").data)["manifests"]
    assert put.headers["OCI-Subject"] == made.digest
    assert [(m["digest"], m["artifactType"]) for m in found] == [(digest_of(body), "test/signature")]
    none = served.as_admin("GET", f"{V2}/referrers/{made.digest}?artifactType=other")
    assert (json.loads(none.data)["manifests"], none.headers["OCI-Filters-Applied"]) == ([], "artifactType")


def test_the_challenge_names_realm_service_and_scope(served: Served) -> None:
    refused = served.request("GET", f"{V2}/manifests/v1")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (
        401,
        f'Bearer realm="https://{served.host}/oauth2/token",service="{served.host}",scope="repository:team/backend:pull"',
    )


def test_an_encoded_slash_in_a_name_is_a_slash(served: Served) -> None:
    make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))
    found = served.as_admin("GET", f"/acr/v1/{quote('team/backend', safe='')}/_tags/v1")
    assert json.loads(found.data)["imageName"] == "team/backend"


def token(served: Served, **form: str) -> urllib3.BaseHTTPResponse:
    return served.http.request("POST", f"https://{served.host}/oauth2/token", fields=form, encode_multipart=False)


def test_an_entra_token_becomes_a_refresh_token_and_then_an_access_token(served: Served) -> None:
    make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))
    exchanged = served.http.request(
        "POST",
        f"https://{served.host}/oauth2/exchange",
        fields={"grant_type": "access_token", "service": served.host, "access_token": served.get_token().token},
        encode_multipart=False,
    )
    refresh = json.loads(exchanged.data)["refresh_token"]
    answer = token(
        served,
        grant_type="refresh_token",
        service=served.host,
        scope="repository:team/backend:pull",
        refresh_token=refresh,
    )
    access = json.loads(answer.data)["access_token"]

    pull = served.request("GET", f"{V2}/manifests/v1", headers={**ACCEPT, "Authorization": f"Bearer {access}"})
    delete = served.request("DELETE", f"{V2}/manifests/v1", headers={**ACCEPT, "Authorization": f"Bearer {access}"})
    assert (pull.status, delete.status) == (200, 401)
    assert 'error="insufficient_scope"' in delete.headers["WWW-Authenticate"]


def test_a_foreign_entra_token_is_refused(served: Served) -> None:
    answer = served.http.request(
        "POST",
        f"https://{served.host}/oauth2/exchange",
        fields={"grant_type": "access_token", "service": served.host, "access_token": "a.b.c"},
        encode_multipart=False,
    )
    assert answer.status == 401


def test_an_access_token_ends(served: Served) -> None:
    make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))
    basic = urllib3.make_headers(basic_auth=f"{PULLER.username}:{PULLER.password}")
    path = "/oauth2/token?service=x&scope=repository:team/backend:pull"

    def pull_with_fresh_token() -> int:
        access = json.loads(served.request("GET", path, headers=basic).data)["access_token"]
        pulled = served.request("GET", f"{V2}/manifests/v1", headers={**ACCEPT, "Authorization": f"Bearer {access}"})
        return int(pulled.status)

    assert pull_with_fresh_token() == 200
    served.registry.token_seconds = 0
    assert pull_with_fresh_token() == 401


def test_a_dropped_connection_has_no_answer(served: Served) -> None:
    served.registry.faults.add("registry-drop", {"path": "/v2/"})
    with pytest.raises(urllib3.exceptions.ProtocolError):
        served.as_admin("GET", "/v2/")


def test_a_path_that_is_none_and_a_method_that_is_none(served: Served) -> None:
    assert served.as_admin("GET", "/nothing/here").status == 404
    wrong = served.as_admin("PATCH", f"{V2}/manifests/v1", body=b"")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "DELETE, GET, HEAD, PUT")
