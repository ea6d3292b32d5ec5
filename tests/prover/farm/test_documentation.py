"""The page about the queue is true: its commands, manifests, query, metrics and DESK.toml are the program's."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from prover.cli import main
from prover.dealer import farming
from prover.dealer.strategies.tables import Table
from prover.farm import control, opening, schema
from prover.farm.metrics import Metrics
from prover.machine import home, threadcount
from tests.prover import pools
from zk.runtime import ownership

README = (Path(opening.__file__).parent / "README.md").read_text("utf-8")
GENERAL = {home.VARIABLE, threadcount.VARIABLE, "ZKSETTLE_CACHE"}

# The fields that are used of each kind of object: another name is a slip, which Kubernetes would take in silence.
CONTAINER = {
    "name": str, "image": str, "args": [str], "env": [{"name": str, "value": str, "valueFrom": {"secretKeyRef": {
        "name": str, "key": str}}}],
    "ports": [{"name": str, "containerPort": int}],
    "startupProbe": {"httpGet": {"path": str, "port": str}, "periodSeconds": int, "failureThreshold": int},
    "resources": {"requests": {"cpu": str, "memory": str}},
    "volumeMounts": [{"name": str, "mountPath": str, "readOnly": bool}],
}  # fmt: skip
POD = {
    "terminationGracePeriodSeconds": int, "containers": [CONTAINER],
    "initContainers": [{each: CONTAINER[each] for each in ("name", "image", "volumeMounts")} | {"command": [str]}],
    "volumes": [{"name": str, "emptyDir": {}, "secret": {"secretName": str, "defaultMode": int}}],
}  # fmt: skip
KINDS = {
    ("apps/v1", "Deployment"): {
        "selector": {"matchLabels": {"app": str}},
        "template": {"metadata": {"labels": {"app": str}, "annotations": {
            "prometheus.io/scrape": str, "prometheus.io/port": str}}, "spec": POD},
    },
    ("keda.sh/v1alpha1", "ScaledObject"): {
        "scaleTargetRef": {"name": str}, "minReplicaCount": int, "maxReplicaCount": int, "cooldownPeriod": int,
        "triggers": [{"type": str, "metadata": {"connectionFromEnv": str, "query": str, "targetQueryValue": str}}],
    },
}  # fmt: skip
COMPOSE = {
    "services": {"db": {
        "image": str, "environment": {"POSTGRES_DB": str, "POSTGRES_PASSWORD_FILE": str}, "secrets": [str],
        "volumes": [str], "ports": [str], "healthcheck": {"test": [str], "interval": str},
    }, "worker": {
        "build": {"context": str, "dockerfile_inline": str}, "command": [str],
        "environment": {"ZKSETTLE_HOME": str, "ZKSETTLE_CACHE": str, "ZKSETTLE_QUEUE": str}, "secrets": [str],
        "volumes": [str], "depends_on": {"db": {"condition": str}}, "deploy": {"replicas": int},
        "stop_grace_period": str, "restart": str,
    }},
    "secrets": {"farm": {"file": str}, "password": {"file": str}, "pgpass": {"file": str}},
    "volumes": {"db": {}, "worker": {}},
}  # fmt: skip


def parsed(name):
    """The documents of a manifest."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: schemathesis brings it")
    return list(yaml.safe_load_all(re.search(rf"<!-- {name}.*?```yaml\n(.*?)```", README, re.DOTALL).group(1)))


def check_form(found, form, place):
    """Raises AssertionError for a field that the form does not have, or whose value is of another kind."""
    if isinstance(form, dict):
        assert isinstance(found, dict) and set(found) <= set(form), (place, set(found) - set(form))
        for name, value in found.items():
            check_form(value, form[name], f"{place}.{name}")
    elif isinstance(form, list):
        assert isinstance(found, list) and found, place
        for value in found:
            check_form(value, form[0], place)
    else:
        assert type(found) is form, place


def understand(words, environment=()):
    """Has the program parse a command, and do nothing.  Raises click.UsageError, or KeyError for a variable."""
    command, context = main.zksettle, click.Context(main.zksettle)
    while isinstance(command, click.Group):
        name, *words = words
        command = command.get_command(context, name) or pytest.fail(f"there is no command {name}")
    known = GENERAL | {each.envvar for each in command.params if each.envvar}
    if unknown := set(environment) - known:
        raise KeyError(unknown)
    required = [each for each in command.params if each.required and each.envvar in environment]
    extra = [word for each in required for word in (each.opts[0], "postgresql://x/y")]
    command.make_context("zksettle", [*words, *extra])


def test_an_option_or_a_variable_that_does_not_exist_is_noticed():
    understand(["prover", "worker", "--metrics", "0.0.0.0:1"], ["ZKSETTLE_QUEUE"])
    with pytest.raises(click.UsageError, match="No such option"):
        understand(["prover", "worker", "--metric", "0.0.0.0:1", "--nosuch"], ["ZKSETTLE_QUEUE"])
    with pytest.raises(click.UsageError, match="Missing parameter: queue"):
        understand(["prover", "worker"])
    with pytest.raises(KeyError):
        understand(["prover", "worker"], ["ZKSETTLE_QUEUE", "ZKSETTLE_QEUUE"])


def test_the_commands_are_the_programs():
    lines = re.findall(r"^\w+\$ zksettle (.*)", README, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        understand(shlex.split(line, comments=True))
    for words in re.findall(r"`(?:zksettle )?(prover queue \w+|prover worker|bench farm)", README):
        understand(words.split(), ["ZKSETTLE_QUEUE"] if words.startswith("prover") else [])


def test_compose_runs_workers_with_what_it_declares():
    (compose,) = parsed("compose")
    check_form(compose, COMPOSE, "compose")
    worker = compose["services"]["worker"]
    understand(worker["command"], worker["environment"])
    assert worker["command"][worker["command"].index("--key") + 1] == "/run/secrets/farm"
    for service in compose["services"].values():
        assert set(service["secrets"]) <= set(compose["secrets"])
        assert {each.split(":")[0] for each in service["volumes"]} <= set(compose["volumes"])
    folders = [each.split(":")[1] for each in worker["volumes"]]
    assert all(worker["environment"][name].startswith(tuple(folders)) for name in ("ZKSETTLE_HOME", "ZKSETTLE_CACHE"))
    assert "passfile=/run/secrets/pgpass" in worker["environment"]["ZKSETTLE_QUEUE"]


def test_kubernetes_runs_workers_and_scales_them():
    deployment, scaled = parsed("kubernetes")
    for each in (deployment, scaled):
        assert set(each) == {"apiVersion", "kind", "metadata", "spec"}
        check_form(each["spec"], KINDS[each["apiVersion"], each["kind"]], each["kind"])
    template = deployment["spec"]["template"]
    (container,), volumes = template["spec"]["containers"], {each["name"] for each in template["spec"]["volumes"]}
    understand(container["args"], [each["name"] for each in container["env"]])
    assert deployment["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert set(mounts.values()) == volumes
    paths = [each["value"] for each in container["env"] if each.get("value", "").startswith("/")]
    arguments = dict(zip(container["args"], container["args"][1:], strict=False))
    assert all(path.startswith(tuple(mounts)) for path in [*paths, arguments["--key"]])
    (port,) = container["ports"]
    assert arguments["--metrics"].endswith(f":{port['containerPort']}")
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])
    assert container["startupProbe"]["httpGet"]["port"] == port["name"]
    assert scaled["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["metadata"]["connectionFromEnv"] in {each["name"] for each in container["env"]}


@pytest.mark.skipif(not ownership.has_owners, reason="here no folder is anybody's")
def test_kubernetes_makes_the_folder_private_that_anybody_may_write_to(tmp_path):
    """A new emptyDir has mode 0777."""
    pod = parsed("kubernetes")[0]["spec"]["template"]["spec"]
    (first,), (container,) = pod["initContainers"], pod["containers"]
    (mount,) = first["volumeMounts"]
    assert mount in container["volumeMounts"] and first["image"] == container["image"]
    assert {"name": mount["name"], "emptyDir": {}} in pod["volumes"]
    place = tmp_path / "volume"
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(PermissionError, match="can be changed by other users"):
        ownership.make_private(place / "cache", "")
    subprocess.run([str(place) if word == mount["mountPath"] else word for word in first["command"]], check=True)
    ownership.make_private(place / "cache", "")


def test_the_query_counts_what_is_queued(farm):
    (trigger,) = parsed("kubernetes")[1]["spec"]["triggers"]
    with farm.submitting() as submitter:
        submitter.submit([farm.job(number) for number in range(3)])
        assert farm.sql(trigger["metadata"]["query"]) == [(3,)] and schema.SCHEMA in trigger["metadata"]["query"]


def test_the_metrics_are_those_of_a_worker(farm):
    text = Metrics(lambda: control.status(farm.url)).text().decode()
    families = set(re.findall(r"^# TYPE (\w+?)(?:_total)? (?:counter|gauge|histogram)$", text, re.MULTILINE))
    families = {name for name in families if not name.endswith("_created")}
    table = "".join(re.findall(r"^\| `zksettle.*", README, re.MULTILINE))
    assert families == {name.removesuffix("_total") for name in re.findall(r"zksettle_farm_\w+", table)}


def test_the_metrics_of_a_queue_that_is_away_say_so():
    text = Metrics(lambda: control.status("postgresql://nobody@127.0.0.1:1/x")).text().decode()
    assert "zksettle_farm_queue_up 0.0" in text and "zksettle_farm_queue_jobs" not in text


def test_the_queue_of_a_desk_is_understood():
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert farming.decode(Table(tomllib.loads(text)["queue"], pools.make(), "queue")).patience_ms == 5_000
