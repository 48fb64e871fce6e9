"""Trees of the shapes that kustomize allows."""

from __future__ import annotations

from pathlib import Path

FREE = ("--load-restrictor=LoadRestrictionsNone",)
NAME = "kustomization.yaml"


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def settings(name: str = "settings", value: str = "1") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{v: '{value}'}}\n"


TREES: dict[str, tuple[dict[str, str], str, tuple[str, ...]]] = {
    "a base beside": (
        {
            f"base/{NAME}": "resources: [a.yaml]\n",
            "base/a.yaml": settings(),
            f"over/prod/{NAME}": "resources: [../../base]\n",
        },
        f"over/prod/{NAME}",
        (),
    ),
    "bases on bases, and only the lowest is edited": (
        {
            f"a/{NAME}": "resources: [a.yaml]\n",
            "a/a.yaml": settings(),
            f"b/{NAME}": "resources: [../a]\nnamePrefix: b-\n",
            f"c/d/{NAME}": "resources: [../../b]\nnameSuffix: -c\n",
        },
        f"a/{NAME}",
        (),
    ),
    "a component": (
        {
            f"base/{NAME}": "resources: [a.yaml]\n",
            "base/a.yaml": settings(),
            f"parts/tls/{NAME}": (
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
                "patches: [{path: p.yaml, target: {kind: ConfigMap}}]\n"
            ),
            "parts/tls/p.yaml": "- {op: add, path: /data/tls, value: 'on'}\n",
            f"over/{NAME}": "resources: [../base]\ncomponents: [../parts/tls]\n",
        },
        f"over/{NAME}",
        (),
    ),
    "generators with files in the folder and below": (
        {
            f"over/{NAME}": (
                "configMapGenerator:\n- {name: c, files: [app.conf, deep/er/b.conf], envs: [deep/e.env]}\n"
                "secretGenerator:\n- {name: s, files: [key=deep/key.txt]}\n"
            ),
            "over/app.conf": "x=1\n",
            "over/deep/er/b.conf": "y=2\n",
            "over/deep/e.env": "Z=3\n",
            "over/deep/key.txt": "k",
        },
        f"over/{NAME}",
        (),
    ),
    "a file of a sibling folder": (
        {f"shared/{NAME}": "", "shared/a.yaml": settings(), f"over/{NAME}": "resources: [../shared/a.yaml]\n"},
        f"over/{NAME}",
        FREE,
    ),
    "a file far above": (
        {"a.yaml": settings(), f"x/y/over/{NAME}": "resources: [../../../a.yaml]\n"},
        f"x/y/over/{NAME}",
        FREE,
    ),
    "two overlays that share a base": (
        {
            f"base/{NAME}": "resources: [a.yaml]\n",
            "base/a.yaml": settings(),
            f"one/{NAME}": "resources: [../base]\nnamePrefix: one-\n",
            f"two/{NAME}": "resources: [../base]\nnamePrefix: two-\n",
            f"over/{NAME}": "resources: [../one, ../two]\n",
        },
        f"base/{NAME}",
        (),
    ),
    "patches, replacements and transformers in files of their own": (
        {
            f"over/{NAME}": (
                "resources: [a.yaml]\npatches: [{path: p/p.yaml}]\ntransformers: [t.yaml]\n"
                "replacements: [{path: r.yaml}]\n"
            ),
            "over/a.yaml": settings() + "---\n" + settings("other"),
            "over/p/p.yaml": settings("settings", "patched"),
            "over/t.yaml": (
                "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: x-\n"
                "fieldSpecs: [{path: metadata/name}]\n"
            ),
            "over/r.yaml": (
                "source: {kind: ConfigMap, name: settings, fieldPath: data.v}\n"
                "targets: [{select: {name: other}, fieldPaths: [data.v]}]\n"
            ),
        },
        f"over/{NAME}",
        (),
    ),
    "names with spaces and other letters": (
        {
            f"my base/ünï/{NAME}": "resources: ['a b.yaml']\n",
            "my base/ünï/a b.yaml": settings(),
            f"over/{NAME}": "resources: ['../my base/ünï']\n",
        },
        f"over/{NAME}",
        (),
    ),
}


def overlay_of(files: dict[str, str]) -> str:
    """The last kustomization of a tree."""
    return str(Path([name for name in files if name.endswith(NAME)][-1]).parent)
