"""Bump: one entry of a kustomization is given another image, and nothing else in the file moves."""

from __future__ import annotations

from difflib import unified_diff

import pytest

from deployctl.model.change import FileEdit
from deployctl.model.errors import Problem, Refused
from deployctl.model.image import Image
from deployctl.overlay import bump, bump_all, read_entries, read_entry

HOST = "shop.azurecr.io"
API = Image(HOST, "shop/api", "prod-v2")
OLD_DIGEST = "sha256:" + "0" * 64
NEW_DIGEST = "sha256:" + "1" * 64

KUSTOMIZATION = """\
# The production overlay.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base   # shared
images:
  # The API. Moved in 1.4.
  - name: api
    newName: shop.azurecr.io/shop/api
    newTag: "prod-v1"   # from api/pyproject.toml

  - name: web
    newName: 'shop.azurecr.io/shop/web'
    newTag: 'prod-v7'
"""


def edited(text: str, image: Image = API, name: str = "api") -> FileEdit:
    """The bump, after it was checked that a second one has nothing left to do."""
    edit = bump(text, name, image)
    again = bump(edit.after, name, image)
    assert again == FileEdit(edit.path, edit.after, edit.after, 0, "")
    return edit


def diff(text: str, image: Image = API, name: str = "api") -> list[str]:
    """What the bump changes, as the lines of a diff without context; line ends are shown."""
    after = edited(text, image, name).after
    lines = unified_diff(text.split("\n"), after.split("\n"), lineterm="", n=0)
    return [line for line in list(lines)[2:] if not line.startswith("@@")]


def refused(text: str, image: Image = API, name: str = "api") -> Problem:
    with pytest.raises(Refused) as caught:
        bump(text, name, image)
    return caught.value.problem


def entry(body: str, rest: str = "") -> str:
    """A kustomization with one entry, and perhaps more entries after it."""
    return f"images:\n- name: api\n  newName: {HOST}/shop/api\n{body}{rest}"


def test_a_bump_is_one_line_and_keeps_quotes_and_comment() -> None:
    assert edited(KUSTOMIZATION) == FileEdit(
        path="kustomization.yaml",
        before=KUSTOMIZATION,
        after=KUSTOMIZATION.replace('"prod-v1"', '"prod-v2"'),
        line=10,
        summary="newTag: prod-v1 -> prod-v2",
    )


def test_a_repository_that_moved_changes_the_name_too() -> None:
    moved = Image(HOST, "team/web", "prod-v7")
    edit = edited(KUSTOMIZATION, moved, "web")
    assert edit.after == KUSTOMIZATION.replace("'shop.azurecr.io/shop/web'", "'shop.azurecr.io/team/web'")
    assert edit.summary == "newName: shop.azurecr.io/shop/web -> shop.azurecr.io/team/web"


def test_two_services_are_one_edit() -> None:
    edit = bump_all(KUSTOMIZATION, (("web", Image(HOST, "shop/web", "prod-v8")), ("api", API)))
    assert edit.after == KUSTOMIZATION.replace("prod-v1", "prod-v2").replace("prod-v7", "prod-v8")
    assert (edit.line, edit.summary) == (10, "web newTag: prod-v7 -> prod-v8, api newTag: prod-v1 -> prod-v2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  newTag: 1.9\n", "  newTag: prod-v2\n"),
        ("  newTag: '1.9'\n", "  newTag: 'prod-v2'\n"),
        ('  newTag: "1.9"\n', '  newTag: "prod-v2"\n'),
        ('  newTag:    "1.9"  # why\n', '  newTag:    "prod-v2"  # why\n'),
        ('  "newTag": 1.9\n', '  "newTag": prod-v2\n'),
        ("  newTag: !!str 1.9\n", "  newTag: prod-v2\n"),
        ("  newTag: &v 1.9\n", "  newTag: &v prod-v2\n"),
        ("  newTag:\n    1.9\n", "  newTag:\n    prod-v2\n"),
        ("  newTag:\n", "  newTag: prod-v2\n"),
        ("  newTag:   # later\n", "  newTag: prod-v2   # later\n"),
        ("  newTag: ~\n", "  newTag: prod-v2\n"),
        ('  newTag: ""\n', '  newTag: "prod-v2"\n'),
        ("  newTag: v1", "  newTag: prod-v2"),
        ("  newTag: old\n  newTag: v1\n", "  newTag: old\n  newTag: prod-v2\n"),
    ],
)
def test_the_value_s_form_is_kept(before: str, after: str) -> None:
    assert edited(entry(before)).after == entry(after)


@pytest.mark.parametrize(
    "tag",
    [
        *(
            "1.10",
            "1e3",
            "0755",
            "0x1F",
            "0b11",
            "0o17",
            "1_000",
            "1_",
            "0_7",
            "1.",
            "1E5",
            "1.5e3",
            "00",
            "08",
            "1e400",
        ),
        *("on", "Off", "yes", "No", "y", "N", "true", "TRUE", "null", "Null", "NULL"),
        *("2024-01-01", "2024-1-1", "20240101", "123456789012345678901234567890"),
    ],
)
def test_a_tag_that_yaml_would_not_read_as_text_is_quoted(tag: str) -> None:
    image = Image(HOST, "shop/api", tag)
    assert diff(entry("  newTag: v1\n"), image) == ["-  newTag: v1", f'+  newTag: "{tag}"']
    assert diff(entry("  newTag: 'v1'\n"), image) == ["-  newTag: 'v1'", f"+  newTag: '{tag}'"]


def test_an_unquoted_number_is_replaced_by_text_although_it_looks_the_same() -> None:
    image = Image(HOST, "shop/api", "1.10")
    assert diff(entry("  newTag: 1.10\n"), image) == ["-  newTag: 1.10", '+  newTag: "1.10"']
    assert diff(entry("  newTag: '1.10'\n"), image) == []
    assert diff(entry("  newTag: !!str 1.10\n"), image) == []


@pytest.mark.parametrize("tag", ["v1.10", "7-alpine", "1.2.3", "latest", "_1", "1.2.3-rc.1", "nan", "e1"])
def test_a_tag_that_is_text_anyway_stays_bare(tag: str) -> None:
    assert diff(entry("  newTag: v1\n"), Image(HOST, "shop/api", tag)) == ["-  newTag: v1", f"+  newTag: {tag}"]


def test_windows_line_endings_stay() -> None:
    windows = KUSTOMIZATION.replace("\n", "\r\n")
    assert edited(windows).after == windows.replace("prod-v1", "prod-v2")


def test_a_byte_order_mark_stays() -> None:
    text = "\ufeff" + KUSTOMIZATION
    assert edited(text).after == text.replace("prod-v1", "prod-v2")


def test_a_missing_tag_becomes_a_line_below_the_name() -> None:
    before = (
        "images:\n  - name: api # ours\n    newName: shop.azurecr.io/shop/api # there\n\n  # the page\n  - name: web\n"
    )
    after = before.replace("# there\n", "# there\n    newTag: prod-v2\n")
    assert edited(before).after == after


def test_name_and_tag_are_added_in_that_order() -> None:
    edit = edited("images:\r\n-   name: api\r\n- name: web")
    assert (
        edit.after
        == "images:\r\n-   name: api\r\n    newName: shop.azurecr.io/shop/api\r\n    newTag: prod-v2\r\n- name: web"
    )
    assert (edit.line, edit.summary) == (3, "newName: (none) -> shop.azurecr.io/shop/api, newTag: (none) -> prod-v2")


def test_a_line_is_added_below_a_last_line_that_has_no_end() -> None:
    text = f"images:\r\n- name: {API.name}"
    assert edited(text, API, API.name).after == f"{text}\r\n  newTag: prod-v2"


def test_a_line_that_is_added_has_the_quotes_of_the_one_above() -> None:
    assert edited('images: [{"name":"api"}]').after == (
        'images: [{"name":"api", "newName": "shop.azurecr.io/shop/api", "newTag": "prod-v2"}]'
    )
    assert edited("images:\n- name: 'api'\n").after.endswith(
        "newName: 'shop.azurecr.io/shop/api'\n  newTag: 'prod-v2'\n"
    )


@pytest.mark.parametrize("body", ["  newTag:\tv1\n", "  newTag: 'v1'\t# why\n", "  newTag: v1\t\n"])
def test_a_tab_where_yaml_allows_one_stays(body: str) -> None:
    assert edited(entry(body)).after == entry(body.replace("v1", "prod-v2"))


def test_a_tab_where_yaml_forbids_it_is_refused_by_its_line() -> None:
    assert refused("images:\n- name: [\t\n").where == "kustomization.yaml:3"


def test_an_image_that_keeps_its_name_needs_no_new_name() -> None:
    assert diff(f"images:\n- name: {API.name}\n  newTag: v1\n", API, API.name) == [
        "-  newTag: v1",
        "+  newTag: prod-v2",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{name: api, newName: NAME, newTag: v1}", "{name: api, newName: NAME, newTag: prod-v2}"),
        ("{ newTag: 'v1', newName: NAME, name: api }", "{ newTag: 'prod-v2', newName: NAME, name: api }"),
        ("{name: api, newName: NAME}", "{name: api, newName: NAME, newTag: prod-v2}"),
        ('{"name":"api","newName":"NAME","newTag":"v1"}', '{"name":"api","newName":"NAME","newTag":"prod-v2"}'),
        ("{name: api,\n  newName: NAME}", "{name: api,\n  newName: NAME, newTag: prod-v2}"),
    ],
)
def test_flow_style_stays(before: str, after: str) -> None:
    old, new = (text.replace("NAME", API.name) for text in (before, after))
    rest = "{name: web, newTag: v9}]"
    assert edited(f"images: [{old}, {rest}\n").after == f"images: [{new}, {rest}\n"
    assert edited(f"images:\n- {old} # one line\n").after == f"images:\n- {new} # one line\n"


def test_an_anchor_that_others_use_moves_to_the_first_of_them() -> None:
    text = entry('  newTag: &v "v1"\n', "- name: web\n  newTag: *v\n- name: job\n  newTag: *v\n")
    kept = '- name: web\n  newTag: &v "v1"\n- name: job\n  newTag: *v\n'
    assert edited(text).after == entry('  newTag: "prod-v2"\n', kept)


def test_an_alias_is_replaced_and_its_anchor_left_alone() -> None:
    text = "images:\n- name: web\n  newTag: &v v1\n" + entry("  newTag: *v # same\n").removeprefix("images:\n")
    assert diff(text) == ["-  newTag: *v # same", "+  newTag: prod-v2 # same"]


def test_an_alias_that_says_the_right_tag_stays() -> None:
    text = "images:\n- name: web\n  newTag: &v prod-v2\n" + entry("  newTag: *v\n").removeprefix("images:\n")
    assert diff(text) == []


def test_an_anchor_elsewhere_does_not_matter() -> None:
    text = "commonLabels: &l {app: shop}\ncommonAnnotations: *l\n" + entry("  newTag: v1\n")
    assert diff(text) == ["-  newTag: v1", "+  newTag: prod-v2"]


def test_a_tag_from_a_merge_key_is_overridden_in_this_entry_only() -> None:
    text = "x: &d {newTag: v1}\n" + entry("  <<: *d\n", "- name: web\n  <<: *d\n")
    name = f"  newName: {HOST}/shop/api\n"
    assert edited(text).after == text.replace(name, f"{name}  newTag: prod-v2\n", 1)
    assert read_entry(text, "web").new_tag == "v1"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("images:\n- &a\n  name: api\n  newTag: v1\nx: *a\n", 2),
        ("x: &a {name: api, newTag: v1}\nimages:\n- *a\n", 3),
        ("x: &a [{name: api, newTag: v1}]\nimages: *a\n", 2),
        ("images: &a\n- name: api\nx: *a\n", 1),
    ],
)
def test_an_entry_that_is_shared_as_a_whole_is_refused(text: str, line: int) -> None:
    problem = refused(text)
    assert problem.where == f"kustomization.yaml:{line}"
    assert problem.what == "this entry is shared with others through an anchor: changing it would change them too"


def test_a_pinned_digest_follows_when_the_new_one_is_known() -> None:
    image = Image(HOST, "shop/api", "prod-v2", NEW_DIGEST)
    text = entry(f"  digest: {OLD_DIGEST} # pinned\n")
    assert diff(text, image) == [f"-  digest: {OLD_DIGEST} # pinned", f"+  digest: {NEW_DIGEST} # pinned"]


def test_a_tag_beside_a_pinned_digest_follows_too() -> None:
    image = Image(HOST, "shop/api", "prod-v2", NEW_DIGEST)
    text = entry(f"  newTag: v1\n  digest: {OLD_DIGEST}\n")
    assert edited(text, image).after == entry(f"  newTag: prod-v2\n  digest: {NEW_DIGEST}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"  digest: {OLD_DIGEST}\n", "  newTag: prod-v2\n"),
        (f'  digest: "{OLD_DIGEST}" # pinned\n', '  newTag: "prod-v2" # pinned\n'),
        (f"  newTag: v1\n  digest: {OLD_DIGEST}\n", "  newTag: prod-v2\n"),
        (f"  digest: {OLD_DIGEST}\n  newTag: v1", "  newTag: prod-v2"),
    ],
)
def test_a_pinned_digest_gives_way_to_a_tag_whose_digest_is_not_known(before: str, after: str) -> None:
    assert edited(entry(before)).after == entry(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"images:\n- digest: {OLD_DIGEST}\n  name: {API.name}\n  newTag: v1\nx: 1\n",
            f"images:\n- newTag: prod-v2\n  name: {API.name}\nx: 1\n",
        ),
        (
            f"images: [{{name: {API.name}, digest: {OLD_DIGEST}, newTag: v1}}]",
            f"images: [{{name: {API.name}, newTag: prod-v2}}]",
        ),
        (
            f"images: [{{newTag: v1, name: {API.name}, digest: {OLD_DIGEST}}}]",
            f"images: [{{newTag: prod-v2, name: {API.name}}}]",
        ),
    ],
)
def test_a_digest_gives_way_wherever_it_stands(before: str, after: str) -> None:
    assert edited(before, API, API.name).after == after


def test_an_entry_that_is_not_there_names_those_that_are() -> None:
    assert refused(KUSTOMIZATION, name="apii") == Problem(
        what="`images:` has no entry `apii`",
        where="kustomization.yaml",
        evidence=("there are: api, web",),
        action="did you mean `api`? Add the entry, or correct the service's `image` in the configuration",
    )


def test_an_entry_asked_for_by_its_new_name_is_recognised() -> None:
    assert refused(KUSTOMIZATION, name="shop.azurecr.io/shop/web").action.startswith("did you mean `web`?")


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("resources: []\n", ("it has no `images:` at all",)),
        ("images:\n", ("it has no `images:` at all",)),
        ("images: []\n", ("it has no `images:` at all",)),
        (
            "imageTags:\n- name: api\n  newTag: v1\n",
            (
                "it has no `images:` at all",
                "it has `imageTags:`, which is the old form of `images:`: run `kustomize edit fix`",
            ),
        ),
        (
            "resources: []\n---\n" + entry("  newTag: v1\n"),
            (
                "it has no `images:` at all",
                "a later document of the file has `images:`, but kustomize reads only the first document",
            ),
        ),
    ],
)
def test_images_that_are_missing_altogether_say_why(text: str, evidence: tuple[str, ...]) -> None:
    assert refused(text).evidence == evidence


def test_only_the_first_document_is_edited_for_kustomize_reads_no_other() -> None:
    text = "---\n" + entry("  newTag: v1\n", "---\nimages:\n- name: api\n  newTag: v1\n")
    assert edited(text).after == text.replace("v1", "prod-v2", 1)


def test_an_entry_that_is_there_twice_is_refused_with_both_lines() -> None:
    problem = refused("images:\n- name: api\n  newTag: v1\n- name: web\n- name: api\n  newTag: v2\n")
    assert problem.what == "`images:` has `api` 2 times"
    assert problem.where == "kustomization.yaml:5"
    assert problem.evidence == (
        "on lines 2 and 5; which of them counts depends on whether the first renames the image",
    )


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("images:\n- name: api\n newTag: v1\n", "kustomization.yaml:3", "this is not valid YAML"),
        ("images: [\n", "kustomization.yaml:2", "this is not valid YAML"),
        ("images:\n- name: *nobody\n", "kustomization.yaml:2", "there is no anchor for the alias *nobody"),
        ("", "kustomization.yaml", "this is not a kustomization: its first document is no mapping"),
        ("- a\n", "kustomization.yaml", "this is not a kustomization: its first document is no mapping"),
        ("[" * 5000, "kustomization.yaml", "this YAML is nested too deeply"),
        (entry("  newTag: |\n    v1\n"), "kustomization.yaml:4", "this value is not written on one line"),
        (entry("  newTag: [v1]\n"), "kustomization.yaml:4", "this value is not written on one line"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_its_line(text: str, where: str, what: str) -> None:
    problem = refused(text)
    assert (problem.where, problem.what) == (where, what)


def test_what_an_entry_says_is_read() -> None:
    entries = read_entries(KUSTOMIZATION)
    assert [(e.name, e.new_name, e.new_tag, e.digest, e.line) for e in entries] == [
        ("api", "shop.azurecr.io/shop/api", "prod-v1", "", 8),
        ("web", "shop.azurecr.io/shop/web", "prod-v7", "", 12),
    ]
    assert read_entry(KUSTOMIZATION, "web") == entries[1]
    assert read_entry("images: [{name: api, newTag: ~}]", "api").target == "api"
