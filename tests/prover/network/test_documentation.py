"""What the README, the dashboard and /docs say of the service is what it has."""

import json
import re
from pathlib import Path

import pytest

from prover.network.service import app as services
from prover.network.service import pages
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded

FOLDER = Path(services.__file__).parents[1]
README = (FOLDER / "README.md").read_text("utf-8")
METRIC = re.compile(r"\bzksettle_\w+")


@pytest.fixture
def said(tmp_path):
    """What /metrics, /docs and /openapi.json answer after a bundle settled and another was refused."""
    path = serving.ledger_at(tmp_path)
    (bundle,) = deposits(path, 5)

    async def questions(client):
        for data in (encoded(bundle), b"junk"):
            await serving.post(client, "/bundles", data)
        return [await client.get(route) for route in ("/metrics", "/docs", "/openapi.json")]

    return serving.asked(path, questions)


def exposed(text: str) -> set[str]:
    """The names of the samples in Prometheus' text format, without when each was created."""
    names = (line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and not line.startswith("#"))
    return {name for name in names if not name.endswith("_created")}


def test_the_dashboard_and_the_alerts_ask_for_metrics_that_there_are_and_the_dashboard_for_all(said):
    samples = exposed(said[0].text)
    dashboard = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    shown = {
        name for panel in dashboard["panels"] for target in panel["targets"] for name in METRIC.findall(target["expr"])
    }
    alerts = set(METRIC.findall((FOLDER / "alerts.yml").read_text("utf-8")))
    assert len(shown) > 8 and shown <= samples and alerts and alerts <= samples
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in samples}
    assert families == {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert families == set(METRIC.findall("".join(re.findall(r"^\| `zksettle.*", README, re.MULTILINE))))


def test_the_stages_and_reasons_that_are_asked_for_are_there(said):
    alerts = (FOLDER / "alerts.yml").read_text("utf-8")
    for name, label, value in re.findall(r'(zksettle_\w+)\{(\w+)="(\w+)"\}', alerts):
        assert re.search(rf'^{name}\{{[^}}]*{label}="', said[0].text, re.MULTILINE), name
        assert value in said[0].text or value == "INVALID_PROOF", value


def test_the_alerts_are_rules_of_prometheus():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: schemathesis brings it")
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    assert all(set(rule) == {"alert", "expr", "for", "annotations"} for rule in group["rules"])
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) > 4


def test_the_table_of_routes_is_that_of_the_application(said):
    table = re.search(r"<!-- routes.*?\n(\| route .*?)\n\n", README, re.DOTALL).group(1)
    listed = re.findall(r"^\| `([A-Z]+) ([^`]*)` \|", table, re.MULTILINE)
    document = said[2].json()
    there = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert len(listed) == len(set(listed)) and set(listed) == there | {("GET", "/openapi.json"), ("GET", "/docs")}


def test_the_page_for_people_has_every_route_and_fetches_nothing(said):
    page, document = said[1].text, said[2].json()
    assert all(f"{method.upper()} {path}" in page for path, methods in document["paths"].items() for method in methods)
    assert said[1].headers["Content-Security-Policy"] == pages.POLICY and "default-src 'none'" in pages.POLICY
    assert re.findall(r"(?:src|href)=[\"']?([^\"' >]*)", page) == ["/openapi.json"] and "<script" not in page


def test_what_a_document_says_is_shown_as_text():
    answer = {"200": {"description": "<i>", "content": {"a/b": {}}}}
    document = {"info": {"title": "<b>", "version": "1", "description": "&"},
                "paths": {"/<x>": {"get": {"tags": ["t"], "summary": "<u>", "responses": answer}}}}  # fmt: skip
    shown = pages.page(document)
    assert all(each not in shown for each in ("<b>", "<i>", "<u>", "/<x>")) and "&lt;u&gt;" in shown


def test_every_file_that_the_readme_names_exists():
    root = FOLDER.parents[1]
    named = re.findall(r"`((?:settlement|prover|tests)/[\w./]*)`", README)
    assert len(named) >= 3 and [name for name in named if not (root / name).exists()] == []
