"""What the files in `deploy/` promise, read as files: runs everywhere, no Docker engine needed."""

import re
import tomllib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from hireloop import secret_patterns, session_keys
from hireloop.settings import Settings
from hireloop.telemetry import redaction
from hireloop.telemetry.exporters import FORBIDDEN_ATTRIBUTES

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
COLLECTOR: dict[str, Any] = yaml.safe_load((ROOT / "otel-collector.yaml").read_text("utf-8"))
PROMETHEUS: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "api", "worker")
PIPELINES: dict[str, dict[str, list[str]]] = COLLECTOR["service"]["pipelines"]
SECRETS = (
    session_keys.portal_url("https://hire.example", session_keys.mint("s" * 32, UUID(int=7), 1)),
    session_keys.mint("s" * 32, UUID(int=7), 12),
    "Authorization: Bearer hl_Zm9vYmFyYmF6cXV4",
    "mailtos://robot:hunter2@mail.example:587",
    "550 5.1.1 <asha.rao@example.com>: Recipient address rejected",
)
WORDS_OF_THEM = ("session_key=A", "hl_Zm9v", "hunter2", "asha.rao")


def variables_of(service: str) -> dict[str, str]:
    return dict(SERVICES[service]["environment"])


# --- The Dockerfile --------------------------------------------------------------------------------------------


def test_both_stages_start_from_one_pinned_base() -> None:
    base = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert base is not None
    assert re.fullmatch(r"python:3\.11(\.\d+)?-slim-bookworm(@sha256:[0-9a-f]{64})?", base[1])
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE}", "${BASE}"]


def test_the_process_is_not_root_and_no_shell_starts_it() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last_stage, re.MULTILINE) == ["10001:10001"]
    assert 'ENTRYPOINT ["hireloop"]' in last_stage
    assert re.search(r'^CMD \["serve", "--host", "0\.0\.0\.0"', last_stage, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*\\\n\s+CMD \[\"python\", \"-c\", .*'/health/live'", last_stage, re.MULTILINE)


def test_everything_installed_is_from_a_lock_or_our_own() -> None:
    commands = re.split(r"\n|&&", DOCKERFILE.replace("\\\n", " "))
    installs = [command for command in commands if re.search(r"\bpip .*\b(install|wheel) ", command)]
    assert len(installs) == 2
    for install in installs:
        assert "--no-index" in install and "--no-deps" in install, install  # noqa: PT018 (one thought)
    from_locks = re.findall(r"python3 requirements/install\.py (\w+) --into (\S+)", DOCKERFILE)
    assert from_locks == [("build", "/build"), ("serve", "/opt/hireloop")]


def test_the_image_takes_no_development_lock_and_every_lock_it_takes_is_there() -> None:
    locks = set(re.findall(r"requirements/\w+\.txt", DOCKERFILE))
    assert locks == {f"requirements/{name}.txt" for name in ("bootstrap", "build", "serve")}
    for lock in locks:
        assert (ROOT / lock).read_text("utf-8").count("--hash=sha256:") > 0


def test_no_secret_is_built_in() -> None:
    named = re.findall(r"^(?:ARG|ENV)\s+(.+?)(?:=|$)", DOCKERFILE, re.MULTILINE)
    assert named == ["BASE", "VERSION", "REVISION", "PATH"]


def test_an_image_that_is_built_by_hand_says_which_version_it_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"ARG VERSION={project['version']}\n" in DOCKERFILE
    assert 'org.opencontainers.image.version="${VERSION}"' in DOCKERFILE


def test_the_build_sees_only_what_is_named() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        name.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    }
    assert let_in == copied


# --- compose.yaml ----------------------------------------------------------------------------------------------


def test_the_api_and_two_workers_start_after_the_migrations() -> None:
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["api"]["command"][0] == "serve"
    assert SERVICES["worker"]["command"] == ["work"]
    assert SERVICES["migrate"]["command"] == ["migrate"]
    for service in ("api", "worker"):
        assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_all_our_processes_share_one_image_and_the_same_settings() -> None:
    for service in OURS:
        assert SERVICES[service]["image"] == SERVICES["api"]["image"]
        assert SERVICES[service]["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
        assert variables_of(service) == variables_of("api")


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(service: str) -> None:
    unknown = {name for name in variables_of(service) if name.lower() not in Settings.model_fields}
    assert not unknown


def test_our_processes_know_the_other_services_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"SECRET_KEY": "s" * 48, "POSTGRES_PASSWORD": "p" * 48}
    for name, value in variables_of("worker").items():
        monkeypatch.setenv(name, re.sub(r"\$\{(\w+)[^}]*\}", lambda found: values[found[1]], value))
    settings = Settings.read(_env_file=None)
    assert settings.database_url == f"postgresql://hireloop:{'p' * 48}@postgres:5432/hireloop"
    assert settings.email_host == "mailpit"
    assert settings.email_port == 1025
    assert settings.otel_exporter_otlp_endpoint == "http://otel-collector:4318"
    assert settings.otel_exporter_otlp_protocol == "http/protobuf"
    assert settings.base_url == "http://localhost:8000"
    assert settings.trace_ui_url == "http://localhost:16686"
    assert {"postgres", "mailpit", "otel-collector"} <= SERVICES.keys()


def test_passwords_and_keys_come_from_outside_and_their_absence_stops_the_start() -> None:
    text = (ROOT / "deploy/compose.yaml").read_text("utf-8")
    taken = re.findall(r"\$\{(\w+)([^}]*)\}", text)
    assert {name for name, _ in taken} == {"SECRET_KEY", "POSTGRES_PASSWORD"}
    assert all(rest.startswith(":?") for _, rest in taken)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_privilege_and_can_write_nowhere_but_where_it_says(service: str) -> None:
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]
    assert SERVICES[service]["read_only"] is True
    assert "privileged" not in SERVICES[service]
    assert service == "postgres" or "cap_add" not in SERVICES[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_port_is_open_to_this_machine_only(service: str) -> None:
    for port in SERVICES[service].get("ports", []):
        assert port.startswith("127.0.0.1:"), port


def test_the_page_tells_every_open_port_and_no_other() -> None:
    ports = {port.split(":")[1] for service in SERVICES.values() for port in service.get("ports", [])}
    page = (ROOT / "deploy/README.md").read_text("utf-8")
    assert set(re.findall(r"^\| http://localhost:(\d+)", page, re.MULTILINE)) == ports


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - set(OURS)))
def test_an_image_of_others_is_pinned(service: str) -> None:
    name, _, tag = SERVICES[service]["image"].partition(":")
    assert name
    assert re.match(r"v?\d+", tag), "a tag that names a version, not `latest`"


def test_what_compose_mounts_is_there() -> None:
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    files = [volume.split(":")[0] for volume in mounted if volume.startswith(".")]
    assert sorted(files) == ["../otel-collector.yaml", "./prometheus.yaml"]
    for file in files:
        assert (ROOT / "deploy" / file).is_file()
    assert all(volume.endswith(":ro") for volume in mounted if volume.startswith("."))


# --- The collector and Prometheus ------------------------------------------------------------------------------


def test_the_collector_uses_every_component_that_it_declares_and_no_other() -> None:
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipeline in PIPELINES.values() for name in pipeline[kind]}
        assert used == COLLECTOR[kind].keys(), kind
    assert set(COLLECTOR["service"]["extensions"]) == COLLECTOR["extensions"].keys()


def test_traces_go_to_jaeger_and_metrics_to_prometheus() -> None:
    assert PIPELINES["traces"]["exporters"] == ["otlp_grpc/jaeger"]
    assert COLLECTOR["exporters"]["otlp_grpc/jaeger"]["endpoint"] == "${env:JAEGER_ENDPOINT:-jaeger:4317}"
    assert PIPELINES["metrics"]["exporters"] == ["prometheus"]
    port = COLLECTOR["exporters"]["prometheus"]["endpoint"].rpartition(":")[2]
    targets = [target for job in PROMETHEUS["scrape_configs"] for target in job["static_configs"][0]["targets"]]
    assert targets == [f"otel-collector:{port}"]


def test_memory_is_limited_first_and_everything_is_redacted_before_it_waits_in_a_batch() -> None:
    assert PIPELINES["traces"]["processors"] == ["memory_limiter", "transform", "redaction", "batch"]
    assert PIPELINES["metrics"]["processors"] == ["memory_limiter", "redaction", "batch"]


def test_what_cannot_be_redacted_is_dropped() -> None:
    assert COLLECTOR["processors"]["transform"]["error_mode"] == "propagate"


@pytest.mark.parametrize("secret", SECRETS)
def test_the_collector_masks_a_secret_in_an_attribute(secret: str) -> None:
    for pattern in COLLECTOR["processors"]["redaction"]["blocked_values"]:
        secret = re.sub(pattern, "****", secret)
    assert "****" in secret
    assert not any(word in secret for word in WORDS_OF_THEM)


def test_the_collector_knows_a_secret_by_what_we_know_it_by() -> None:
    ours = (redaction.NAMED_SECRET, secret_patterns.SESSION_KEY, secret_patterns.API_KEY, redaction.PASSWORD_IN_URL)
    *theirs, _address = COLLECTOR["processors"]["redaction"]["blocked_values"]  # it has no keyed hash for an address
    assert theirs == [pattern.pattern for pattern in ours]


def test_the_collector_leaves_what_an_operator_searches_for() -> None:
    patterns = COLLECTOR["processors"]["redaction"]["blocked_values"]
    for text in (
        "<address:0f3c9a1b2d4e>",
        "mail.example",
        "2.1.5 250 OK",
        "019a6f0e-7c1d-7e2a-9a51-0c2f8c1f1a11",
        "book_slot",
    ):
        assert not any(re.search(pattern, text) for pattern in patterns), text


@pytest.mark.parametrize("path", ["span.name", "span.status.message"])
def test_the_collector_masks_the_same_in_what_is_no_attribute(path: str) -> None:
    statements = COLLECTOR["processors"]["transform"]["trace_statements"][0]["statements"]
    found = [re.fullmatch(rf'replace_pattern\({re.escape(path)}, "(.+)", "\*{{4}}"\)', line) for line in statements]
    patterns = [match[1].replace("\\\\", "\\") for match in found if match]
    assert patterns == ["|".join(COLLECTOR["processors"]["redaction"]["blocked_values"])]


@pytest.mark.parametrize("context", ["span", "spanevent"])
@pytest.mark.parametrize("name", sorted(FORBIDDEN_ATTRIBUTES))
def test_the_collector_drops_addresses_with_a_query(context: str, name: str) -> None:
    groups = COLLECTOR["processors"]["transform"]["trace_statements"]
    statements = next(group["statements"] for group in groups if group["context"] == context)
    match = re.fullmatch(rf'delete_matching_keys\({context}\.attributes, "(.+)"\)', statements[0])
    assert match is not None
    assert re.match(match[1].replace("\\\\", "\\"), name)
