"""What the files in `deploy/` promise, read as files: runs everywhere, no Docker engine needed."""

import asyncio
import os
import re
import shutil
import subprocess
import tomllib
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest
import yaml

from hireloop import db, migrate, secret_patterns, session_keys
from hireloop.local.postgres.programs import find_programs
from hireloop.local.server_user import ServerUser
from hireloop.migrate import privileges
from hireloop.settings import Settings, secret_files
from hireloop.telemetry import redaction
from hireloop.telemetry.exporters import FORBIDDEN_ATTRIBUTES
from release import pin_images
from sample_settings import settings_for

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
    assert variables_of("worker") == variables_of("api")
    owner = {"DATABASE_OWNER_URL_FILE": "/run/secrets/database_owner_url"}
    assert variables_of("migrate") == variables_of("api") | owner
    assert "database_owner_url" in SERVICES["migrate"]["secrets"]


def test_only_the_migrations_know_the_owner() -> None:
    known = {service for service in SERVICES if "database_owner_url" in SERVICES[service].get("secrets", [])}
    assert known == {"migrate"}
    assert {service for service in SERVICES if "owner_password" in SERVICES[service].get("secrets", [])} == {"postgres"}


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(service: str) -> None:
    names = {name.lower() for name in variables_of(service)}
    files = {f"{name}_file" for name in secret_files.names(Settings)}
    assert not names - Settings.model_fields.keys() - files


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The secrets that the script makes."""
    script = Path(shutil.copy(ROOT / "deploy/make-secrets.sh", tmp_path))
    subprocess.run([script], check=True, env={"PATH": os.environ["PATH"]}, umask=0)
    return tmp_path / "secrets"


def test_our_processes_know_the_other_services_by_their_names(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables_of("migrate").items():
        in_there = value.replace("/run/secrets", str(made))
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", in_there))
    settings = Settings.read(_env_file=None)
    password = (made / "application_password").read_text().strip()
    assert settings.database_url == f"postgresql://hireloop_app:{password}@postgres:5432/hireloop"
    password = (made / "owner_password").read_text().strip()
    assert settings.owner_url == f"postgresql://hireloop:{password}@postgres:5432/hireloop"
    assert settings.email_host == "mailpit"
    assert settings.email_port == 1025
    assert settings.otel_exporter_otlp_endpoint == "http://otel-collector:4318"
    assert settings.otel_exporter_otlp_protocol == "http/protobuf"
    assert settings.base_url == "http://localhost:8000"
    assert settings.trace_ui_url == "http://localhost:16686"
    assert {"postgres", "mailpit", "otel-collector"} <= SERVICES.keys()


def test_passwords_and_keys_are_files_and_in_no_environment() -> None:
    text = (ROOT / "deploy/compose.yaml").read_text("utf-8")
    taken = re.findall(r"\$\{(\w+)([^}]*)\}", text)
    assert {name for name, _ in taken} == {"HIRELOOP_PORT", "MAILPIT_PORT", "JAEGER_PORT", "PROMETHEUS_PORT"}
    assert all(re.fullmatch(r":-\d+", rest) for _, rest in taken)
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("KEY|PASSWORD|DATABASE", name):
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_the_script_makes_each_secret_that_is_needed_once(made: Path) -> None:
    files = {name: ROOT / "deploy" / secret["file"] for name, secret in COMPOSE["secrets"].items()}
    assert {file.name for file in made.iterdir()} == files.keys() == {file.name for file in files.values()}
    assert made.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in made.iterdir()} == {0o444}
    assert len((made / "secret_key").read_text().strip()) == 64
    before = {file.name: file.read_text() for file in made.iterdir()}
    assert len({*before.values()}) == len(before)
    (made / "application_password").unlink()
    subprocess.run([made.parent / "make-secrets.sh"], check=True, env={"PATH": os.environ["PATH"], "SECRET_KEY": "x"})
    after = {file.name: file.read_text() for file in made.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"application_password"}
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "deploy/secrets/" in ignored


def test_the_script_takes_the_secrets_of_an_installation_that_exists(tmp_path: Path) -> None:
    of_before = {"PATH": os.environ["PATH"], "SECRET_KEY": "a key of before", "OWNER_PASSWORD": "a-password"}
    script = Path(shutil.copy(ROOT / "deploy/make-secrets.sh", tmp_path))
    subprocess.run([script], check=True, env=of_before)
    assert (tmp_path / "secrets/secret_key").read_text() == "a key of before\n"
    assert "//hireloop:a-password@postgres:" in (tmp_path / "secrets/database_owner_url").read_text()


async def test_the_roles_of_a_new_cluster_are_an_owner_and_one_that_owns_nothing(made: Path, empty_url: str) -> None:
    text = (ROOT / "deploy/roles.sql").read_text("utf-8")
    for role in ("hireloop_app", "hireloop"):  # those of the tests have these names
        text = re.sub(rf"\b{role}\b", role.replace("hireloop", "composed"), text)
    superuser = empty_url.replace("//hireloop@", "//postgres@")
    psql = find_programs(ServerUser.of(made), made) / "psql"
    command = partial(subprocess.run, [psql, "-X", "-q", "-d", superuser, "-f", "-"], input=text.encode(), check=True)
    await asyncio.to_thread(command, env={"SECRETS": str(made), "PATH": os.environ["PATH"]})
    settings = settings_for(
        "",
        **{name: _composed(empty_url, role) for name, role in (("database_url", "_app"), ("database_owner_url", ""))},
    )
    connection = await asyncpg.connect(superuser)
    try:
        hashes = await connection.fetch("SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'composed%'")
        assert [row[0][:14] for row in hashes] == ["SCRAM-SHA-256$"] * 2
        await migrate.as_owner(settings)
        async with db.opened(str(settings.database_url), pool_size=1):
            await migrate.check(settings)
            assert await privileges.excess() == ("composed_app", False, False, ())
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.fetch("CREATE TEMPORARY TABLE mine ()")
    finally:
        await connection.execute("DROP DATABASE composed WITH (FORCE)")
        await connection.execute("DROP ROLE composed; DROP ROLE composed_app")
        await connection.close()


def _composed(url: str, role: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"composed{role}@", path="/composed"))


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"migrate"}))
def test_the_engine_knows_whether_a_service_works(service: str) -> None:
    check = SERVICES[service].get("healthcheck", {"test": None})
    if service == "api":
        assert check == {"test": None}  # the image's own
    elif service in {"otel-collector", "jaeger"}:  # their images have no program that could ask
        assert check == {"disable": True}
        assert f'"{service}"' in SERVICES["telemetry-health"]["healthcheck"]["test"][3]
    else:
        assert check["test"][0] == "CMD"


def test_what_asks_the_collector_and_jaeger_tells_a_dead_one(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, program = SERVICES["telemetry-health"]["healthcheck"]["test"]
    asked: list[tuple[str, int]] = []

    class Answer:
        def __init__(self, host: str, port: int, **_: float) -> None:
            asked.append((host, port))
            self.status = 503 if host in dead else 200

        def request(self, *_: str) -> None: ...

        def getresponse(self) -> "Answer":
            return self

    monkeypatch.setattr("http.client.HTTPConnection", Answer)
    dead: set[str] = set()
    exec(program, {})  # noqa: S102 (our own)
    assert asked == [("otel-collector", 13133), ("jaeger", 16686)]
    assert COLLECTOR["extensions"]["health_check"]["endpoint"] == "0.0.0.0:13133"
    for host in ("otel-collector", "jaeger"):
        dead = {host}
        with pytest.raises(AssertionError):
            exec(program, {})  # noqa: S102 (our own)


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
    ports = {re.split(r":-|\}", port)[1] for service in SERVICES.values() for port in service.get("ports", [])}
    page = (ROOT / "deploy/README.md").read_text("utf-8")
    assert set(re.findall(r"^\| http://localhost:(\d+)", page, re.MULTILINE)) == ports


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {*OURS, "telemetry-health"}))
def test_an_image_of_others_is_pinned(service: str) -> None:
    image = SERVICES[service]["image"]
    assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*(@sha256:[0-9a-f]{64})?", image), "a version, not `latest`"


def test_digests_are_added_behind_the_tags_and_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in pin_images.FILES:
        shutil.copy(ROOT / "deploy" / name, tmp_path)
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\ntest "$1 $2 $3" = "buildx imagetools inspect" || exit 2\ncat "$0.says"\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(pin_images, "DEPLOY", tmp_path)
    for digest in ("a" * 64, "b" * 64):
        (tmp_path / "docker.says").write_text(f"sha256:{digest}\n")
        pin_images.main()
        services = yaml.safe_load((tmp_path / "compose.yaml").read_text())["services"]
        for name, service in services.items():
            ours = SERVICES[name]["image"].partition("@")[0]
            assert service["image"] == (ours if ours == pin_images.OURS else f"{ours}@sha256:{digest}")
        assert f"ARG BASE=python:3.11-slim-bookworm@sha256:{digest}\n" in (tmp_path / "Dockerfile").read_text()
    before = (tmp_path / "compose.yaml").read_text()
    (tmp_path / "docker.says").write_text("sha256:something else\n")
    with pytest.raises(SystemExit, match=r"^(python|postgres):"):
        pin_images.main()
    assert (tmp_path / "compose.yaml").read_text() == before


def test_what_compose_mounts_is_there() -> None:
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    files = [volume.split(":")[0] for volume in mounted if volume.startswith(".")]
    assert sorted(files) == ["../otel-collector.yaml", "./prometheus.yaml", "./roles.sql"]
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
