"""The chart: what it renders fits the schemas, the server's settings and ports, and the server's figures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from filelock import FileLock
from prometheus_client.parser import text_string_to_metric_families

from foretype.server.frames import ErrorCode
from foretype.server.operations import make_operations
from foretype.server.service import Service
from foretype.server.signed_tokens import parsed_revoked
from foretype.support.metrics import Metrics
from foretype.support.settings import PREFIX, Settings, load
from tests.deploy.helm import CHART, ROOT, TOOLS, Manifest, helm, mistakes, rendered

HOSTS = "hosts={complete.example.org,www.example.org}"
GATEWAY = ("gateway.enabled=true", "gateway.name=front", "gateway.namespace=edge", HOSTS)
ALL_MONITORING = ("monitoring.serviceMonitor=true", "monitoring.rules=true", "monitoring.dashboard=true")
OIDC = ("oidc.issuer=https://login.example.org", "oidc.audience=foretype")
VARIANTS = {
    "defaults": (),
    "ingress": ("ingress.enabled=true", "ingress.className=haproxy", "ingress.tlsSecret=tls", HOSTS),
    "gateway": (*GATEWAY, "gateway.sectionName=https"),
    "canary": (*GATEWAY, "gateway.canary.service=next-foretype", "gateway.canary.weight=10"),
    "hpa": ("autoscaling.kind=hpa", *ALL_MONITORING),
    "keda": ("autoscaling.kind=keda", *ALL_MONITORING, "monitoring.labels.release=prometheus"),
    "gpu": ("gpus=1", "nodeSelector.accelerator=nvidia", "tolerations[0].key=nvidia.com/gpu"),
    "volumes": (
        "model.existingClaim=models",
        "model.name=gpt2",
        "tokens.existingSecret=t",
        "tls.existingSecret=c",
        "ownWords.sharedClaim=words",
    ),
    "tokens": (
        r'tokens.keys=\{"keys":[]\}',
        "tokens.revokedClaim=revoked",
        "settings.FORETYPE_SOCKETS_TARGET=200",
    ),
    "traces": ("traces.endpoint=http://collector.tracing:4318/v1/traces", "traces.share=0.05"),
    "oidc": (*OIDC, "oidc.tenantClaim=org"),
    "closed": (
        "networkPolicy.from[0].podSelector.matchLabels.app=gateway",
        "networkPolicy.operationsFrom=null",
    ),
}
NAMESPACE = "kubernetes.io/metadata.name"
BUSY = "foretype_model_busy_seconds_total"


@pytest.fixture(autouse=True, scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> None:
    """helm and the schemas, installed if they are missing."""
    with FileLock(ROOT / ".venv" / ".chart.lock"):
        made = subprocess.run(
            ["make", "-s", f"{TOOLS.name}/.installed"], cwd=ROOT, capture_output=True, text=True
        )
    assert made.returncode == 0, made.stderr


def one_of(objects: list[Manifest], kind: str) -> Manifest:
    (found,) = [one for one in objects if one["kind"] == kind]
    return found


def container(objects: list[Manifest]) -> dict[str, Any]:
    (found,) = one_of(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def test_each_way_to_install_it_fits_the_strict_schemas() -> None:
    """All in one go, because schemas take seconds to load. The name of a release says which way it was."""
    assert mistakes(one for name, sets in VARIANTS.items() for one in rendered(sets, name)) == []


def test_the_check_finds_wrong_members_wrong_values_and_unknown_kinds() -> None:
    """Without this, a check that checks nothing would pass, too."""
    objects = rendered((*VARIANTS["keda"], *GATEWAY))
    kinds = {one["kind"] for one in objects}
    assert kinds >= {"ScaledObject", "HTTPRoute", "ServiceMonitor", "PrometheusRule", "NetworkPolicy"}
    more_members, other_kinds = deepcopy(objects), deepcopy(objects)
    for one in more_members:
        one.get("spec", one)["surprise"] = 1
    for one in other_kinds:
        one["kind"] += "s"
    said = mistakes(more_members + other_kinds)
    for wrong, word in ((more_members, "surprise"), (other_kinds, "unknown kind")):
        for one in wrong:
            name = f"{one['kind']}/{one['metadata']['name']}: "
            assert any(line.startswith(name) and word in line for line in said), (name, said)
    route = one_of(objects, "HTTPRoute")
    route["spec"]["rules"][0]["backendRefs"][0]["weight"] = -1
    scaled = one_of(objects, "ScaledObject")
    del scaled["spec"]["triggers"]
    assert len(mistakes([route])) == 1
    assert mistakes([scaled])


def test_helm_finds_nothing_to_improve() -> None:
    done = helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("ingress.enabled=true",), "hosts is empty"),
        (("gateway.enabled=true", HOSTS), "gateway.name"),
        ((*GATEWAY, "ingress.enabled=true"), "not both"),
        ((*GATEWAY, "gateway.canary.weight=10"), "gateway.canary.service"),
        (("tokens.existingSecret=a", "tokens.keys=b"), "not both"),
        (("autoscaling.min=5", "autoscaling.max=4"), "autoscaling.min"),
        (("autoscaling.kind=cpu",), "autoscaling/kind"),
        (("replica=3",), "replica"),
        (("settings.FORETYPE-PORT=1",), "FORETYPE-PORT"),
        (("settings.FORETYPE_DRAIN_SECONDS=1",), "FORETYPE_DRAIN_SECONDS"),
        (("settings.FORETYPE_TOKEN=a-token-of-16-letters",), "tokens.existingSecret"),
        (("cores=0",), "cores"),
        (("monitoring.budgetMs=250",), "budgetMs"),
        (("traces.endpoint=collector:4318",), "traces/endpoint"),
        (("traces.share=2",), "traces/share"),
        (("oidc.issuer=https://login.example.org",), "oidc.audience"),
        (("oidc.audience=foretype",), "oidc.issuer"),
        (("oidc.issuer=http://login.example.org", "oidc.audience=foretype"), "oidc/issuer"),
        ((*OIDC, "networkPolicy.oidcTo=null"), "networkPolicy.oidcTo"),
        (("traces.share=0.5x",), "traces/share"),
        (("autoscaling.busyTarget=0.0",), "autoscaling/busyTarget"),
        (("autoscaling.overloadedTarget=0",), "autoscaling/overloadedTarget"),
        (("traces.endpoint=http://collector:4318", "networkPolicy.tracesTo=null"), "networkPolicy.tracesTo"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(wrong: tuple[str, ...], says: str) -> None:
    values = [word for one in wrong for word in ("--set", one)]
    done = helm("template", "team", str(CHART), *values)
    assert done.returncode != 0
    assert says in done.stderr


def test_the_notes_have_whole_commands(tmp_path: Path) -> None:
    """helm prints notes for an installation only, so a template of their own renders them."""
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart)
    templates = chart / "templates"
    (templates / "NOTES.txt").rename(templates / "_notes.tpl")
    notes = (templates / "_notes.tpl").read_text("utf-8")
    (templates / "_notes.tpl").write_text(f'{{{{- define "notes" -}}}}{notes}{{{{- end -}}}}', "utf-8")
    (templates / "configmap.yaml").write_text(
        'kind: Notes\nmetadata:\n  name: notes\ntext: {{ include "notes" . | toYaml }}\n', "utf-8"
    )
    done = helm(
        "template", "team", str(chart), "--namespace", "words", "--show-only", "templates/configmap.yaml"
    )
    assert done.returncode == 0, done.stderr
    text = yaml.safe_load(done.stdout)["text"]
    commands = re.findall(r"^  ((?:helm|kubectl) .*)$", text, re.M)
    assert len(commands) >= 3
    assert all("--namespace words" in one for one in commands)
    assert "CHART is the chart that you installed this release from" in text


def test_the_api_versions_are_those_of_the_cluster_or_of_a_value() -> None:
    old = rendered(
        (
            "autoscaling.kind=hpa",
            "apiVersions.disruptionBudget=policy/v1beta1",
            "apiVersions.autoscaler=autoscaling/v2beta2",
        )
    )
    assert one_of(old, "PodDisruptionBudget")["apiVersion"] == "policy/v1beta1"
    assert one_of(old, "HorizontalPodAutoscaler")["apiVersion"] == "autoscaling/v2beta2"
    new = rendered(VARIANTS["hpa"])
    assert one_of(new, "PodDisruptionBudget")["apiVersion"] == "policy/v1"
    assert one_of(new, "HorizontalPodAutoscaler")["apiVersion"] == "autoscaling/v2"


@pytest.mark.parametrize("name", VARIANTS)
def test_a_pod_sets_only_settings_of_the_server_and_values_that_it_takes(name: str) -> None:
    given = {one["name"]: one["value"] for one in container(rendered(VARIANTS[name]))["env"]}
    names = {
        one.removeprefix(PREFIX).lower(): value for one, value in given.items() if one.startswith(PREFIX)
    }
    assert names.keys() <= Settings.model_fields.keys()
    load(names)
    assert given.keys() - {PREFIX + one.upper() for one in names} <= {"NVIDIA_DRIVER_CAPABILITIES"}


def test_what_the_chart_sets_itself_is_not_set_twice() -> None:
    own = {one["name"] for name in VARIANTS for one in container(rendered(VARIANTS[name]))["env"]}
    for name in own - {
        "NVIDIA_DRIVER_CAPABILITIES",
        "FORETYPE_SOCKETS_TARGET",
    }:  # the last is a value of a variant
        done = helm("template", "team", str(CHART), "--set", f"settings.{name}=1")
        assert f"settings.{name}: the chart sets this itself" in done.stderr


def test_the_ports_paths_and_folders_are_those_of_the_image_and_of_the_server() -> None:
    objects = rendered(VARIANTS["volumes"])
    only = container(objects)
    image = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
    of_image = dict(re.findall(r"FORETYPE_([A-Z_]+)=(\S+)", image))
    ports = {one["name"]: str(one["containerPort"]) for one in only["ports"]}
    assert ports == {"ws": of_image["PORT"], "operations": of_image["OPERATIONS_PORT"]}
    folders = {one["mountPath"] for one in only["volumeMounts"]}
    assert {of_image["STATE_DIR"], of_image["MODELS_DIR"]} <= folders
    user = one_of(objects, "Deployment")["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
    assert f"USER {user}:{user}" in image
    known = {
        one.resource.canonical for one in make_operations(cast(Service, None)).router.routes() if one.resource
    }
    probes = [only[f"{one}Probe"]["httpGet"] for one in ("startup", "readiness", "liveness")]
    assert all(one["port"] == "operations" and one["path"] in known for one in probes)
    monitor = one_of(rendered(VARIANTS["keda"]), "ServiceMonitor")
    assert {one["path"] for one in monitor["spec"]["endpoints"]} <= known


@pytest.mark.parametrize(("drain", "before"), [(20, 5), (0, 0), (300, 60)])
def test_a_pod_has_more_time_to_end_than_draining_takes(drain: int, before: int) -> None:
    objects = rendered((f"drainSeconds={drain}", f"preStopSeconds={before}"))
    spec = one_of(objects, "Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > drain + before + 10


def test_a_pod_has_no_privileges_and_can_write_nothing_but_memory() -> None:
    objects = rendered()
    pod = one_of(objects, "Deployment")["spec"]["template"]["spec"]
    of_container = container(objects)["securityContext"]
    assert of_container["readOnlyRootFilesystem"] is True
    assert of_container["allowPrivilegeEscalation"] is False
    assert of_container["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert {one["emptyDir"]["medium"] for one in pod["volumes"]} == {"Memory"}


def test_own_words_are_off_unless_all_pods_share_a_volume() -> None:
    """A request to forget reaches one pod only."""
    for variant, is_on in (("defaults", "false"), ("volumes", "true")):
        objects = rendered(VARIANTS[variant])
        env = {one["name"]: one["value"] for one in container(objects)["env"]}
        volumes = one_of(objects, "Deployment")["spec"]["template"]["spec"]["volumes"]
        (state,) = [one for one in volumes if one["name"] == "state"]
        assert env["FORETYPE_OWN_WORDS"] == is_on
        assert state.get("persistentVolumeClaim") == ({"claimName": "words"} if is_on == "true" else None)
        assert ("emptyDir" in state) == (is_on == "false")


def test_a_pod_reaches_nothing_unless_it_sends_traces_and_then_only_the_collector_and_names() -> None:
    def reached(sets: tuple[str, ...]) -> list[tuple[str, set[object]]]:
        rules = one_of(rendered(sets), "NetworkPolicy")["spec"]["egress"]
        return [
            (to["namespaceSelector"]["matchLabels"][NAMESPACE], {one["port"] for one in rule["ports"]})
            for rule in rules
            for to in rule["to"]
        ]

    assert reached(()) == []
    elsewhere = (
        r"networkPolicy.tracesTo[0].namespaceSelector.matchLabels.kubernetes\.io/metadata\.name=tracing"
    )
    assert reached((*VARIANTS["traces"], elsewhere)) == [("tracing", {4318}), ("kube-system", {53})]
    for address, port in (("http://collector", 80), ("https://collector/v1/traces", 443)):
        assert reached((f"traces.endpoint={address}",))[0] == ("monitoring", {port})


def test_a_pod_that_needs_a_provider_reaches_its_port_and_names_and_nothing_else() -> None:
    def rules(*sets: str) -> list[Any]:
        found = one_of(rendered(sets), "NetworkPolicy")["spec"]["egress"]
        assert isinstance(found, list)
        return found

    provider, names = rules(*OIDC)
    assert [one["port"] for one in provider["ports"]] == [443]
    assert {one["ipBlock"]["cidr"] for one in provider["to"]} == {"0.0.0.0/0", "::/0"}
    assert {one["port"] for one in names["ports"]} == {53}
    provider, _ = rules(*OIDC, "oidc.port=8443", "networkPolicy.oidcTo[0].ipBlock.cidr=10.1.2.3/32")
    assert [one["port"] for one in provider["ports"]] == [8443]
    assert provider["to"] == [{"ipBlock": {"cidr": "10.1.2.3/32"}}]
    assert len(rules(*OIDC, *VARIANTS["traces"])) == 3


def test_the_signing_key_is_in_no_pod_even_if_it_is_in_the_secret() -> None:
    pod = one_of(rendered(VARIANTS["volumes"]), "Deployment")["spec"]["template"]["spec"]
    (tokens,) = [one for one in pod["volumes"] if one["name"] == "tokens"]
    sources = [one["secret"] for one in tokens["projected"]["sources"]]
    needed = {item["key"]: not one.get("optional") for one in sources for item in one["items"]}
    assert needed == {"keys.json": True, "revoked.json": False}


def test_a_server_takes_the_list_of_revoked_tokens_that_the_chart_writes() -> None:
    """The server does not start with a file that it cannot read."""
    files = one_of(rendered(VARIANTS["tokens"]), "Secret")["stringData"]
    assert parsed_revoked(files["revoked.json"].encode()) == frozenset()


def test_a_canary_is_a_release_of_its_own_that_gets_its_share() -> None:
    canary = rendered(release="next")
    objects = rendered(VARIANTS["canary"])
    backends = one_of(objects, "HTTPRoute")["spec"]["rules"][0]["backendRefs"]
    assert [(one["name"], one["weight"]) for one in backends] == [
        ("team-foretype", 90),
        ("next-foretype", 10),
    ]
    assert one_of(canary, "Service")["metadata"]["name"] == "next-foretype"
    assert one_of(canary, "Service")["spec"]["selector"] != one_of(objects, "Service")["spec"]["selector"]


def test_without_autoscaling_and_only_then_the_chart_sets_the_replicas() -> None:
    assert one_of(rendered(), "Deployment")["spec"]["replicas"] == 3
    for kind in ("hpa", "keda"):
        assert "replicas" not in one_of(rendered((f"autoscaling.kind={kind}",)), "Deployment")["spec"]


def exported() -> dict[str, dict[str, set[str]]]:
    """The values of each label of each sample that a server exports."""
    metrics = Metrics(code.value for code in ErrorCode)
    metrics.stages.watch(waiting_fields=lambda: 0, tree_bytes=lambda: 0, load=lambda: 0.0)
    metrics.loaded({"model": "cpu"})
    metrics.suggested("tree", 1.0, shown=True)
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def queries() -> list[str]:
    """Every query of the dashboard, the alerts, the autoscalers and the notes."""
    objects = rendered(VARIANTS["keda"])
    found = [one["metadata"]["query"] for one in one_of(objects, "ScaledObject")["spec"]["triggers"]]
    for group in one_of(objects, "PrometheusRule")["spec"]["groups"]:
        found += [rule["expr"] for rule in group["rules"]]
    (board,) = one_of(objects, "ConfigMap")["data"].values()
    for panel in json.loads(board)["panels"]:
        found += [target["expr"].replace("$__rate_interval", "1m") for target in panel["targets"]]
    notes = (CHART / "templates" / "NOTES.txt").read_text("utf-8")
    return found + re.findall(r"^ +(sum by .*)$", notes, re.M)


SELECTORS = """
import json, sys
import promql_parser

def selectors(part):
    if isinstance(part, promql_parser.VectorSelector):
        yield part.name, [(one.name, one.value) for one in part.matchers.matchers]
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        if (inner := getattr(part, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(part, "args", None) or []:
        yield from selectors(inner)

json.dump([list(selectors(promql_parser.parse(one))) for one in json.load(sys.stdin)], sys.stdout)
"""


def selected() -> Iterator[tuple[str, dict[str, str]]]:
    """The name and the labels of each series that a query asks for. Prometheus' own grammar reads them."""
    asked = queries()
    done = subprocess.run(
        [sys.executable, "-c", SELECTORS],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(TOOLS / "packages")},
    )
    assert done.returncode == 0, done.stderr
    for query, found in zip(asked, json.loads(done.stdout), strict=True):
        assert found, query
        for name, labels in found:
            yield name, dict(labels)


def test_dashboard_alerts_and_autoscalers_ask_only_for_figures_that_the_server_has() -> None:
    have, of_prometheus = exported(), {"namespace", "service"}
    names = set()
    for name, labels in selected():
        assert name in have, name
        names.add(name)
        for label, value in labels.items():
            assert label in of_prometheus or value in have[name].get(label, set()), (name, label, value)
    assert BUSY in names
    assert len(names) >= 10


def test_the_autoscalers_scale_on_the_same_two_figures() -> None:
    (busy, overloaded) = one_of(rendered(VARIANTS["keda"]), "ScaledObject")["spec"]["triggers"]
    assert BUSY + '{for="keystroke"' in busy["metadata"]["query"]
    assert 'code="overloaded"' in overloaded["metadata"]["query"]
    assert (busy["metadata"]["threshold"], overloaded["metadata"]["threshold"]) == ("0.5", "0.1")
    metrics = one_of(rendered(VARIANTS["hpa"]), "HorizontalPodAutoscaler")["spec"]["metrics"]
    assert [one["pods"]["target"]["averageValue"] for one in metrics] == ["500m", "100m"]


def test_both_autoscalers_wait_as_long_before_they_stop_replicas() -> None:
    for given, seconds in ((), 300), (("autoscaling.scaleDownSeconds=30",), 30):
        own = one_of(rendered((*given, "autoscaling.kind=hpa")), "HorizontalPodAutoscaler")["spec"]
        kedas = one_of(rendered((*given, "autoscaling.kind=keda")), "ScaledObject")["spec"]["advanced"]
        for spec in (own, kedas["horizontalPodAutoscalerConfig"]):
            assert spec["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": seconds}}


def test_a_number_with_a_point_may_be_given_on_the_command_line() -> None:
    """helm reads it as a string there, unless it is whole."""
    given = ("autoscaling.busyTarget=0.7", "autoscaling.overloadedTarget=0.25")
    metrics = one_of(rendered((*given, "autoscaling.kind=hpa")), "HorizontalPodAutoscaler")["spec"]["metrics"]
    assert [one["pods"]["target"]["averageValue"] for one in metrics] == ["700m", "250m"]
    triggers = one_of(rendered((*given, "autoscaling.kind=keda")), "ScaledObject")["spec"]["triggers"]
    assert [one["metadata"]["threshold"] for one in triggers] == ["0.7", "0.25"]


def test_the_schema_knows_every_value_and_no_other() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))

    def same(value: Any, known: dict[str, Any], path: Path) -> None:
        if "properties" in known:
            assert value.keys() == known["properties"].keys() - {"global"}, path
            assert known["additionalProperties"] is False, path
            for name, inner in value.items():
                same(inner, known["properties"][name], path / name)

    same(values, schema, Path())
