"""Everything that is wrong with a campaign is a compile error that names the campaign, the key and what to do."""

from __future__ import annotations

import json
import re
import runpy
from typing import Any

import pytest

from tests.dbt_project import ROOT, DbtProject

GOOD: dict[str, Any] = {
    "include": ["segment_lapsed_customers"],
    "treatments": [
        {"name": "letter", "percent": 90, "list": "A"},
        {"name": "control", "percent": 10, "control": True},
    ],
}
ATTRIBUTES = [
    {"property": "tier", "column": "value_tier", "source": "customer_360"},
    {"property": "brand", "source": "favourites"},
]
NAMED = {
    "hubspot_campaigns": ["inline_query"],
    "hubspot_lists": [{"name": "A"}, {"name": "B"}],
    "hubspot_attributes": ATTRIBUTES,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    """One project: nothing is built, and its cached manifest spares a parse for each case."""
    return DbtProject("duckdb", tmp_path_factory.mktemp("project"))


def call(arguments: dict[str, Any]) -> str:
    """A call of the macro as a model has it."""
    given = ", ".join(f"{key}={json.dumps(value)}" for key, value in arguments.items())
    return f"{{{{ hubspot_sync.hubspot_campaign({given.replace(': null', ': none').replace('=null', '=none')}) }}}}"


def refusal(
    project: DbtProject, capsys: pytest.CaptureFixture[str], text: str, **variables: Any
) -> list[str]:
    """What is said of a campaign, a sentence an item, without the campaign's name."""
    outcome = project.invoke("compile", "--inline", text, variables={**NAMED, **variables})
    said = capsys.readouterr().out
    assert not outcome.success, said
    return re.findall(r"Campaign inline_query, (.*)", said)


def part(*shares: dict[str, Any]) -> dict[str, Any]:
    """Treatments in place of the good ones."""
    return {"treatments": list(shares)}


LETTER = {"name": "letter", "percent": 100, "list": "A"}
MEN = {"name": "men", "where": "given_name = 'Max'"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"include": None}, "key 'include': it is not a list of segments. Write it as ['segment_"),
        ({"include": "segment_lapsed_customers"}, "key 'include': it is not a list of segments."),
        ({"include": 5, "exclude": ["segment_new_customers"]}, "key 'include': it is not a list of segments."),
        ({"include": []}, "key 'include': it names no segment. Name at least one of segment_lapsed_customers, "),
        ({"include": ["lapsed"]}, "key 'include': segment 'lapsed' is not in var hubspot_segments. Add it there or"),
        ({"include": ["segment_lapsed_customers"] * 2}, "segment 'segment_lapsed_customers' is named twice."),
        ({"exclude": "x"}, "key 'exclude': it is not a list of segments."),
        ({"exclude": ["new"]}, "key 'exclude': segment 'new' is not in var hubspot_segments."),
        ({"exclude": ["segment_lapsed_customers"]}, "key 'exclude': segment 'segment_lapsed_customers' is included"),
        ({"sub_audiences": "men"}, "key 'sub_audiences': it is not a list of sub-audiences. Write it as"),
        ({"sub_audiences": []}, "key 'sub_audiences': it is not a list of sub-audiences."),
        ({"sub_audiences": ["men"]}, "key 'sub_audiences', entry 1: it is not a mapping. Write it as"),
        ({"sub_audiences": [{"where": "true"}]}, "entry 1 (None): key 'name' is no name. Write a word or two."),
        ({"sub_audiences": [{"name": " men"}]}, "entry 1 ( men): key 'name' is no name."),
        ({"sub_audiences": [MEN, {**MEN, "name": "MEN"}]}, "entry 2 (MEN): key 'name' is used twice. Give each"),
        ({"sub_audiences": [{**MEN, "when": "x"}]}, "entry 1 (men): key 'when' is unknown. Use name, where,"),
        ({"sub_audiences": [{**MEN, "where": 5}]}, "entry 1 (men): key 'where' is no text. Write a condition over"),
        ({"sub_audiences": [{**MEN, "where": " "}]}, "entry 1 (men): key 'where' is no text."),
        ({"sub_audiences": [{"name": "all"}, MEN]}, "entry 1 (all): it has no key 'where', so nobody is left for"),
        ({"sub_audiences": [{**MEN, "treatments": []}, {"name": "rest"}]}, "entry 1 (men), key 'treatments': it is"),
        (
            {"sub_audiences": [{**MEN, "treatments": [{**LETTER, "percent": 99}]}, {"name": "rest"}]},
            "entry 1 (men), key 'treatments': the percentages sum to 99.0, not to 100.",
        ),
        ({"sub_audiences": [{**MEN, "treatments": [LETTER]}]}, "key 'treatments': nobody gets these, since every"),
        ({"treatments": None}, "key 'treatments': it is missing. Write it as"),
        ({"treatments": "letter"}, "key 'treatments': it is not a list of treatments. Write it as"),
        (part(), "key 'treatments': it is not a list of treatments."),
        (part("letter"), "key 'treatments', entry 1: it is not a mapping."),  # type: ignore[arg-type]
        (part({"percent": 100, "list": "A"}), "key 'treatments', entry 1 (None): key 'name' is no name."),
        (part({**LETTER, "percent": 50}, {**LETTER, "percent": 50}), "entry 2 (letter): key 'name' is used twice."),
        (part({**LETTER, "name": {}}), "key 'treatments', entry 1 ({}): key 'name' is no name. Write a word or two."),
        (part({**LETTER, "share": 5}), "entry 1 (letter): key 'share' is unknown. Use name, percent, list, control,"),
        (part({"name": "letter", "list": "A"}), "entry 1 (letter): it has no key 'percent'. Say how many per cent"),
        *(
            (part({**LETTER, "percent": percent}), f"key 'percent' is '{percent}'. Give a number from 0.1 to 100 in")
            for percent in (0, -1, 100.1, 33.33, "100", True, 0.05)
        ),
        (part({**LETTER, "percent": 99.9}), "key 'treatments': the percentages sum to 99.9, not to 100."),
        (
            part({**LETTER, "percent": 60}, {"name": "control", "percent": 50, "control": True}),
            "key 'treatments': the percentages sum to 110.0, not to 100. Correct key 'percent' of the treatments.",
        ),
        (part({**LETTER, "list": "a"}), "list 'a' is not in var hubspot_lists. Add it there or use A, B."),
        (part({**LETTER, "list": 7}), "list '7' is not in var hubspot_lists."),
        (part({"name": "letter", "percent": 100}), "key 'treatments': no treatment has a destination. Give at least"),
        (part({"name": "control", "percent": 100, "control": True}), "no treatment has a destination."),
        (part({**LETTER, "control": "yes"}), "entry 1 (letter): key 'control' is 'yes'. Write true or leave it out."),
        (part({**LETTER, "control": True}), "entry 1 (letter): it is the control group and has a list, 'A'."),
        (
            part(
                {**LETTER, "percent": 80},
                {"name": "x", "percent": 10, "control": True},
                {"name": "y", "percent": 10, "control": True},
            ),
            "key 'treatments': 'x' and 'y' are all control groups. Keep one of them.",
        ),
        (part({**LETTER, "shared_list": 1}), "key 'shared_list' is '1'. Write true or leave it out."),
        (
            part({**LETTER, "percent": 50}, {"name": "none", "percent": 50, "shared_list": True}),
            "entry 2 (none): key 'shared_list' says something of a list, and there is none.",
        ),
        (
            part({**LETTER, "percent": 50, "shared_list": True}, {"name": "card", "percent": 50, "list": "A"}),
            "treatments 'letter' and 'card' fill one list, 'A'. Give each a list of its own, or say shared_list: true",
        ),
        (
            {"sub_audiences": [{**MEN, "treatments": [{**LETTER, "name": "card"}]}, {"name": "rest"}]},
            "treatments 'card' and 'letter' fill one list, 'A'.",
        ),
        ({"kind": "weekly"}, "key 'kind': 'weekly' is unknown. Use recurring or one_time."),
        ({"kind": "one_time"}, "key 'starts_on': a one_time campaign needs the day that fixes who is in it."),
        (
            {"kind": "one_time", "starts_on": "2026-11-01", "ends_on": "2026-12-01"},
            "key 'ends_on': a one_time campaign is fixed at its start and has no end. Remove the key or make",
        ),
        *(
            ({"starts_on": day}, f"key 'starts_on': '{day}' is no day. Write it as 'YYYY-MM-DD'; it begins at midnight")
            for day in ("2026-02-29", "2026-11-31", "2026-13-01", "2026-1-1", "soon", 20261101, "2026-11-01 12:00:00")
        ),
        ({"starts_on": "2026-11-01\n"}, "key 'starts_on': '2026-11-01"),
        ({"ends_on": "2026-00-10"}, "key 'ends_on': '2026-00-10' is no day."),
        (
            {"starts_on": "2026-11-01", "ends_on": "2026-11-01"},
            "key 'ends_on': '2026-11-01' is not after starts_on '2026-11-01'. Correct one of the two.",
        ),
        ({"attributes": ["tier"]}, "key 'attributes': it is not a mapping. Write it as"),
        ({"attributes": {"size": {"column": "a"}}}, "key 'attributes', property 'size': it is not in var hubspot_attr"),
        ({"attributes": {"tier": "country"}}, "property 'tier': it is not a mapping. Write it as {'column': …"),
        ({"attributes": {"tier": {"col": "a", "column": "a"}}}, "'tier': key 'col' is unknown. Use column, source."),
        ({"attributes": {"tier": {}}}, "'tier': key 'column' is 'None'. Name a column of letters, digits and _."),
        ({"attributes": {"tier": {"column": "a b"}}}, "property 'tier': key 'column' is 'a b'. Name a column"),
        (
            {"attributes": {"tier": {"column": "a", "source": "orders"}}},
            "source 'orders' is unknown. Use merged_customers, customer_360, favourites, or name it as source",
        ),
        ({"treatmens": []}, "key 'treatmens': it is unknown. Use include, exclude, sub_audiences, treatments, kind,"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(
    project: DbtProject, capsys: pytest.CaptureFixture[str], wrong: dict[str, Any], words: str
) -> None:
    (said,) = refusal(project, capsys, call({**GOOD, **wrong}))
    assert words in said


def test_all_that_is_wrong_is_named_at_once(project: DbtProject, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {
        "include": ["lapsed"],
        "exclude": ["new"],
        "treatments": [{"name": "letter", "percent": 33.33, "list": "Z"}],
        "kind": "weekly",
        "attributes": {"size": {}},
        "other": 1,
    }
    said = refusal(project, capsys, call(wrong))
    keys = [re.findall(r"key '(\w+)'", each)[0] for each in said]
    assert keys == [
        "other",
        "include",
        "exclude",
        "treatments",
        "treatments",
        "kind",
        "attributes",
        "attributes",
    ]


def test_an_argument_without_a_name_is_refused(
    project: DbtProject, capsys: pytest.CaptureFixture[str]
) -> None:
    ten = ", ".join(["none"] * 8 + ["5"])
    said = refusal(project, capsys, f"{{{{ hubspot_sync.hubspot_campaign({ten}) }}}}")
    assert said[0] == "argument 5 has no name. Write it as key=value."


def test_a_campaign_is_named_in_the_var(project: DbtProject, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(project, capsys, call(GOOD), hubspot_campaigns=["campaign_win_back"])
    words = "its model inline_query is not in var hubspot_campaigns. Add it there, at its priority."
    assert said == [words]


def test_a_campaign_needs_customers(project: DbtProject, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(project, capsys, call(GOOD), hubspot_demo=False, hubspot_segments=[])
    assert said[0].startswith("it needs customers, and var hubspot_customer_sources names none.")


@pytest.mark.parametrize(
    ("campaigns", "words"),
    [
        ("campaign_a", "Var hubspot_campaigns is not a list of models. Write it as [campaign_win_back, …]."),
        ({"a": 1}, "Var hubspot_campaigns is not a list of models."),
        ([1], "Var hubspot_campaigns is not a list of models."),
        (
            ["campaign_a", "b", "a"],
            "Var hubspot_campaigns, entry 3 (a): campaign a has an earlier entry as well. Remove one",
        ),
    ],
)
def test_the_var_names_each_campaign_once(
    project: DbtProject, capsys: pytest.CaptureFixture[str], campaigns: Any, words: str
) -> None:
    variables = {"hubspot_campaigns": campaigns}
    assert not project.invoke(
        "compile", "--inline", "{{ hubspot_sync.hubspot_campaign_models() }}", variables=variables
    ).success
    assert words in capsys.readouterr().out


def test_a_named_model_is_a_campaign(project: DbtProject, capsys: pytest.CaptureFixture[str]) -> None:
    variables = {"hubspot_campaigns": ["campaign_win_back", "customer_360"]}
    assert not project.invoke("run", "--select", "campaign_slots", variables=variables).success
    words = "Var hubspot_campaigns names customer_360, and no model of that name calls hubspot_campaign."
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("policy", ["first", None, ["all"]])
def test_the_overlap_policy_is_known(
    project: DbtProject, capsys: pytest.CaptureFixture[str], policy: Any
) -> None:
    variables = {"hubspot_campaign_overlap": policy}
    inline = "{{ hubspot_sync.hubspot_campaign_overlap() }}"
    assert not project.invoke("compile", "--inline", inline, variables=variables).success
    words = f"Var hubspot_campaign_overlap is '{policy}'. Use all or highest_priority."
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"exclude": ["segment_new_customers"], "kind": "recurring"},
        {"sub_audiences": [MEN, {"name": "rest"}]},
        {"sub_audiences": [{**MEN, "treatments": [LETTER]}], "treatments": None},
        part({**LETTER, "percent": 0.1}, {"name": "nothing sent", "percent": 99.9}),
        part(
            {**LETTER, "percent": 33.3, "shared_list": True},
            {"name": "card", "percent": 33.3, "list": "A", "shared_list": True},
            {"name": "control", "percent": 33.4, "control": True, "shared_list": False},
        ),
        {"starts_on": "2028-02-29", "ends_on": "2028-03-01"},
        {"kind": "one_time", "starts_on": "2026-11-01"},
        {"attributes": {"tier": {"column": "country"}, "brand": {"column": "brand", "source": "favourites"}}},
        dict.fromkeys(("exclude", "sub_audiences", "starts_on", "ends_on", "attributes")),
    ],
)
def test_a_right_argument_compiles(project: DbtProject, right: dict[str, Any]) -> None:
    project.run("compile", "--inline", call({**GOOD, **right}), variables=NAMED)


def signature() -> list[str]:
    """The names of the macro's arguments in its source."""
    text = (ROOT / "macros" / "campaign.sql").read_text(encoding="utf-8")
    (inside,) = re.findall(r"macro hubspot_campaign\((.*?)\) %}", text, re.DOTALL)
    return re.findall(r"(\w+)=", inside)


def generator() -> dict[str, Any]:
    """What the script that writes the page defines."""
    return runpy.run_path(str(ROOT / "macros" / "generate_campaign_page.py"))


def test_the_page_of_arguments_is_generated_and_has_every_argument() -> None:
    script = generator()
    # Differs: run `python macros/generate_campaign_page.py`.
    assert (ROOT / "docs" / "campaign-arguments.md").read_text(encoding="utf-8") == script["page"]()
    assert [each["name"] for each in script["description"]()["arguments"]] == signature()


def test_the_page_has_every_key_that_the_macro_knows() -> None:
    checks = (ROOT / "macros" / "campaign_checks.sql").read_text(encoding="utf-8")
    lists = re.findall(r"(?:set keys =|for key in override if key not in) \[(.*?)\]", checks)
    known = [re.findall(r'"(\w+)"', keys) for keys in lists]
    entries = generator()["description"]()["config"]["meta"]["entries"]
    assert [list(keys) for keys in entries.values()] == known
