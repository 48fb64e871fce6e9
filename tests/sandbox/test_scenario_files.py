"""Reading scenarios: what extends what, and how mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployctl.sandbox.nodes.spec import NodeSpec
from deployctl.sandbox.scenario.load import load, merge, shipped
from deployctl.sandbox.scenario.model import AccountSpec, FaultSpec, RegistrySpec
from deployctl.sandbox.scenario.parse import ScenarioError


def written(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return str(folder / f"{name}.toml")


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_scenario_loads(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.description
    assert scenario.nodes


def test_an_extension_changes_what_it_names_and_adds_the_rest(tmp_path: Path) -> None:
    written(
        tmp_path,
        "base",
        """
        description = "base"
        [[nodes]]
        name = "a"
        memory = "2Gi"
        [[registries]]
        host = "r.example.com"
        [[registries.accounts]]
        username = "u"
        password = "p"
        """,
    )
    extended = written(
        tmp_path,
        "full",
        """
        extends = "base"
        [[nodes]]
        name = "a"
        cpu = "1"
        [[nodes]]
        name = "b"
        [[registries]]
        host = "r.example.com"
        [[registries.accounts]]
        username = "u"
        expires = "+60"
        [[faults]]
        kind = "slow-pull"
        seconds = 5
        """,
    )

    scenario = load(extended)
    assert (scenario.name, scenario.description) == ("full", "base")
    assert scenario.nodes == (NodeSpec("a", memory="2Gi", cpu="1"), NodeSpec("b"))
    assert scenario.registries == (RegistrySpec("r.example.com", accounts=(AccountSpec("u", "p", expires="+60"),)),)
    assert scenario.faults == (FaultSpec("slow-pull", {"seconds": 5}),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nodez = []", "nodez: unknown key; did you mean 'nodes'?"),
        ("[[nodes]]\nname = 'a'\nmemroy = '1Gi'", "nodes[0].memroy: unknown key; did you mean 'memory'?"),
        ("[[nodes]]\nmemory = '1Gi'", "nodes[0]: 'name' is missing"),
        ("[[nodes]]\nname = 'a'\npods = 'many'", "nodes[0].pods must be a whole number, not 'many'"),
        ("[[nodes]]\nname = 'a'\npods = true", "nodes[0].pods must be a whole number, not True"),
        ("nodes = 'a'", "nodes must be a list, not 'a'"),
        (
            "[[registries]]\nhost = 'h'\nchallenge = 'baer'",
            "registries[0].challenge: 'baer' is none of bearer, basic, none; did you mean 'bearer'?",
        ),
        (
            "[[faults]]\nkind = 'slow-pul'",
            "faults[0]: unknown fault kind 'slow-pul'; did you mean 'slow-pull'?",
        ),
        ("[[faults]]\nkind = 'slow-pull'\nsecond = 1", "faults[0]: fault 'slow-pull' takes no 'second'"),
        ("[[faults]]\nseconds = 1", "faults[0] must be a table with a kind"),
        (
            "[[faults]]\nkind = 'image-pull'\nerror = 'throtled'",
            "faults[0]: fault 'image-pull': error cannot be 'throtled'; did you mean 'throttled'?",
        ),
        ("[unreachable]\n'docker.io' = 'timeot'", "unreachable.docker.io: 'timeot' is no failure; did you mean"),
        ("objects = ['missing.yaml']", "missing.yaml does not exist"),
        ("extends = 'klinematri'", "no scenario 'klinematri'; did you mean 'klinematrix'?"),
        ("a = ", "is not TOML"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, "bad", text)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert told in str(caught.value)


def test_a_scenario_that_extends_itself_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "one", "extends = 'two'")
    with pytest.raises(ScenarioError, match="extends itself"):
        load(written(tmp_path, "two", "extends = 'one'"))


def test_a_file_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ScenarioError, match=r"/no/such\.toml: no such scenario file"):
        load("/no/such.toml")


def test_passwords_do_not_show_in_reprs() -> None:
    scenario = load("klinematrix")
    secrets = [a.password for r in scenario.registries for a in r.accounts] + [
        i.secret for i in scenario.azure.identities
    ]
    assert secrets
    assert [secret for secret in secrets if secret in repr(scenario)] == []


def test_merging_leaves_its_inputs_alone() -> None:
    base = {"nodes": [{"name": "a"}], "azure": {"tenant": "x"}}
    over = {"nodes": [{"name": "a", "cpu": "1"}], "azure": {"location": "y"}}
    assert merge(base, over) == {"nodes": [{"name": "a", "cpu": "1"}], "azure": {"tenant": "x", "location": "y"}}
    assert base == {"nodes": [{"name": "a"}], "azure": {"tenant": "x"}}
