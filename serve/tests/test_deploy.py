"""The Kubernetes manifest by the schemas of Kubernetes, and by what the server does."""

import re
import subprocess

import kubernetes_validate
import pytest
import yaml

from conftest import BINARY, ROOT

DEPLOY = ROOT / "serve/deploy"
MANIFEST = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
[DEPLOYMENT] = [part for part in MANIFEST if part["kind"] == "Deployment"]
POD = DEPLOYMENT["spec"]["template"]["spec"]
[CONTAINER] = POD["containers"]


# The oldest and the newest release that knows a hook that sleeps.
@pytest.mark.parametrize("release", ["1.32", "1.37"])
@pytest.mark.parametrize("part", MANIFEST, ids=[part["kind"] for part in MANIFEST])
def test_the_schemas(release, part):
    kubernetes_validate.validate(part, release, strict=True)


def test_a_wrong_manifest_is_found():
    wrong = {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_every_selector_is_that_of_the_pods():
    labels = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    of = {part["kind"]: part["spec"] for part in MANIFEST}
    assert of["Service"]["selector"] == labels
    for spec in (of["Deployment"]["selector"], of["PodDisruptionBudget"]["selector"],
                 of["NetworkPolicy"]["podSelector"]):
        assert spec["matchLabels"] == labels
    assert of["HorizontalPodAutoscaler"]["scaleTargetRef"]["name"] == "foveate"


def test_the_server_knows_its_options():
    known = subprocess.run([BINARY, "serve", "--help"], capture_output=True, text=True).stdout
    options = [argument for argument in CONTAINER["args"] if argument.startswith("--")]
    assert len(options) >= 5
    for option in options:
        assert option.split("=")[0] + " " in known.replace("\n", " ")


def test_there_is_time_to_end():
    grace = 10  # `--grace` by default
    pause = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert POD["terminationGracePeriodSeconds"] > pause + grace


def test_probes_need_no_token():
    probes = [CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")]
    assert probes == [{"path": "/healthz", "port": "http"}] * 3
    guard = (ROOT / "serve/src/guard.rs").read_text()
    assert "/healthz" in re.search(r"const OPEN.*?= (.*?);", guard)[1]
