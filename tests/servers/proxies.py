"""nginx and Caddy as `deploy/` configures them, on loopback: only what is somebody's own is replaced in the files."""

import os
import re
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import httpx
import pytest

from processes import free_port
from servers.certificates import Certificate, self_signed
from servers.chat import wait_for

_DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "hire.example"
CLIENTS = "127.0.0.2"  # where clients connect from: the proxy itself connects to HireLoop from 127.0.0.1


class Proxy:
    """One of the two, in front of what listens on a port of this machine."""

    name = ""

    def __init__(self, upstream: int) -> None:
        self.upstream, self.port, self.plain_port = upstream, free_port(), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"hireloop-{self.name}-"))
        self.certificate = self_signed(self.folder, HOST)
        self.context = ssl.create_default_context(cafile=str(self.certificate.cert))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if shutil.which(self.name, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            shutil.rmtree(self.folder)
            pytest.skip(f"{self.name} is not installed: `make servers` installs it")
        self.start()
        return self

    def start(self) -> None:
        """Start it, for the first time or again."""
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                self._command(), cwd=self.folder, env=self._environment(), stdout=output, stderr=output
            )
        wait_for(self._is_ready, f"{self.name} listens: {self.folder / 'output'}")

    def stop(self) -> None:
        """End it, and with it every connection."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def client(self, address: str = CLIENTS, **headers: str) -> httpx.Client:
        """Return a client that connects from this address of loopback."""
        return httpx.Client(
            base_url=f"https://{HOST}:{self.port}",
            headers={"Host": HOST, **headers},
            transport=_Loopback(verify=self.context, local_address=address),
            timeout=60,
        )

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text()

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "output").read_text()
        try:
            with self.client() as client:
                client.get("/")
        except httpx.TransportError:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{os.environ['PATH']}:/usr/sbin", "HOME": str(self.folder)}

    def _command(self) -> list[str]:
        raise NotImplementedError


class _Loopback(httpx.HTTPTransport):
    """Finds every host on this machine, and still asks the proxy for it by its name."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        here, extensions = request.url.copy_with(host="127.0.0.1"), {**request.extensions, "sni_hostname": HOST}
        sent = httpx.Request(
            request.method, here, headers=request.headers, stream=request.stream, extensions=extensions
        )
        return super().handle_request(sent)


def replaced(text: str, own: dict[str, str]) -> str:
    """Return a configuration with what is somebody's own in it; each has to be there."""
    for pattern, value in own.items():
        text, times = re.subn(pattern, value.replace("\\", r"\\"), text)
        assert times, pattern
    return text


class Nginx(Proxy):
    name = "nginx"

    def _command(self) -> list[str]:
        (self.folder / "nginx.conf").write_text(self._configuration())
        as_ourselves = "user root; " if os.geteuid() == 0 else ""
        return [
            "nginx",
            "-e",
            "error.log",
            "-p",
            str(self.folder),
            "-c",
            "nginx.conf",
            "-g",
            f"{as_ourselves}daemon off;",
        ]

    def _configuration(self) -> str:
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"    {kind}_temp_path {self.folder};\n" for kind in kinds)
        own = {
            r"/etc/ssl/hire\.example\.pem": str(self.certificate.cert),
            r"/etc/ssl/private/hire\.example\.key": str(self.certificate.key),
            r"/var/log/nginx": str(self.folder),
            r"/run/nginx\.pid": str(self.folder / "pid"),
            r"127\.0\.0\.1:8000": f"127.0.0.1:{self.upstream}",
            r"listen \[::\]:\d+ .*\n|listen \[::\]:443 ssl http2;\n": "",
            r"listen 80 ": f"listen 127.0.0.1:{self.plain_port} ",
            r"listen 443 ": f"listen 127.0.0.1:{self.port} ",
            r"http \{\n": f"http {{\n{temporary}",
        }
        return replaced((_DEPLOY / "nginx.conf").read_text(), own)


class Caddy(Proxy):
    name = "caddy"

    def _command(self) -> list[str]:
        (self.folder / "Caddyfile").write_text(self._configuration())
        return ["caddy", "run", "--config", "Caddyfile"]

    def _configuration(self) -> str:
        ports = f"http_port {self.plain_port}\n\thttps_port {self.port}\n"
        certificate: Certificate = self.certificate
        own = {
            r"(?m)^\{\n": f"{{\n\tadmin off\n\tskip_install_trust\n\t{ports}",
            r"(?m)^hire\.example \{ # yours\n": f"hire.example {{\n\ttls {certificate.cert} {certificate.key}\n",
            r"/var/log/caddy": str(self.folder),
            r"127\.0\.0\.1:8000": f"127.0.0.1:{self.upstream}",
        }
        return replaced((_DEPLOY / "Caddyfile").read_text(), own)
