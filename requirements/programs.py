"""Programs that an installation runs, without the settings that would lead them astray, and what their words mean."""

import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_SAY_EVERY_SECONDS = 5.0
# Of the settings of pip and uv in the environment, those that say how an index and a disk are reached. The others say
# what to install and where, which is said here.
_PIP_HEEDED = {"INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "PROXY", "CERT", "CLIENT_CERT", "TRUSTED_HOST"}
_PIP_HEEDED |= {"CONFIG_FILE", "CACHE_DIR", "NO_CACHE_DIR", "TIMEOUT", "DEFAULT_TIMEOUT", "RETRIES", "NO_COMPILE"}
_PIP_HEEDED |= {"KEYRING_PROVIDER"}
_UV_HEEDED = re.compile(
    r"(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|INDEX_\w+_(USERNAME|PASSWORD)|KEYRING_PROVIDER|CACHE_DIR"
    r"|NO_CACHE|LINK_MODE|HTTP_\w+|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|CONCURRENT_\w+|OFFLINE|CONFIG_FILE|NO_CONFIG)"
)

_DISK_FULL = "The disk is full: free some space (about 500 MB), and run it again."
_NOT_OURS = "A file cannot be written: run it as the user who made the environment, or remove the environment first."
_OTHER_HASH = (
    "A package is not the one that the lock names by its hash: nothing was installed from it. "
    "If a mirror or a proxy stands between, ask who runs it."
)
_FAULTS = (
    (r"No space left on device|os error 28|Errno 28\b|Disk quota exceeded", _DISK_FULL),
    (r"Permission denied|os error 13\b|Read-only file system|os error 30\b", _NOT_OURS),
    (r"DO NOT MATCH THE HASHES|Hash mismatch", _OTHER_HASH),
)
NO_NETWORK = re.compile(
    r"Failed to establish a new connection|NewConnectionError|name resolution|dns error|failed to lookup address"
    r"|error sending request|Connection refused|Network is unreachable|Connection reset|timed out|Max retries exceeded"
    r"|Cannot connect to proxy|ProxyError|CERTIFICATE_VERIFY_FAILED|invalid peer certificate|Failed to fetch"
    r"|ConnectTimeout|tunnel",
)
OFFLINE = (
    "The package index cannot be reached: check the network, or name your mirror in pip's configuration "
    "(`pip config set global.index-url …`), and run it again."
)
NO_INDEX = (
    "pip is configured with no-index, and the places that it may look in lack a package that the lock names: "
    "add it there, or unset no-index."
)
STOPS_BOTH = re.compile("No space left on device|os error 28|Disk quota exceeded|Hash mismatch")


class InstallError(Exception):
    """What stops an installation, as a sentence."""


class Done(NamedTuple):
    """A program that has ended."""

    code: int
    said: str


def run(command: Sequence[str], configured: Mapping[str, str] | None = None) -> Done:
    """Run a program to its end and return what it said; while it takes long, say every 5 s that it goes on.

    It ends with us, whatever ends us but a kill -9. `configured` are pip's settings, for who is to trust what pip does.
    """
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment(configured or {}),
        process_group=0,  # so that what it starts can be stopped with it
    )
    lines: list[str] = []
    ended: queue.SimpleQueue[None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, lines.append, ended), daemon=True).start()
    began = time.monotonic()
    try:
        while True:
            try:
                ended.get(timeout=_SAY_EVERY_SECONDS)
                return Done(process.wait(), "".join(lines))
            except queue.Empty:
                say(f"  … {time.monotonic() - began:.0f} s{_under_way(lines)}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def environment(configured: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without what would have other packages installed, or put elsewhere, or seen."""
    kept = {"LC_ALL": "C.UTF-8"}
    for name, value in os.environ.items():
        is_pips, is_uvs = name.startswith("PIP_"), name.startswith("UV_")
        heeded = name[4:] in _PIP_HEEDED if is_pips else _UV_HEEDED.fullmatch(name[3:]) if is_uvs else True
        if heeded and name not in {"PYTHONPATH", "PYTHONHOME", "LC_ALL"} and (value or not (is_pips or is_uvs)):
            kept[name] = value
    if configured.get("cert"):
        kept.setdefault("SSL_CERT_FILE", configured["cert"])
    return kept


def _under_way(lines: Sequence[str]) -> str:
    """Return which package pip is at, as the end of a line."""
    at = [line.split()[1].rstrip("\\") for line in lines if line.startswith("Collecting ")]
    return f": {at[-1]} ({len(at)} so far)" if at else ""


def _read(process: "subprocess.Popen[str]", keep: Callable[[str], None], ended: "queue.SimpleQueue[None]") -> None:
    for line in process.stdout or ():
        keep(line)
    ended.put(None)


def raise_known(said: str) -> None:
    """Raise InstallError where a program's words name a fault that has a sentence of its own."""
    sentence = fault_in(said) or (OFFLINE if NO_NETWORK.search(said) else None)
    if sentence:
        raise InstallError(sentence)


def fault_in(said: str) -> str | None:
    """Return the sentence for a fault of this machine that the words name, None where they name none."""
    return next((sentence for pattern, sentence in _FAULTS if re.search(pattern, said)), None)


def last_line(said: str) -> str:
    """Return the last line with something on it, at most 200 characters of it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "nothing"


def say(line: str) -> None:
    """Say what is being done, at once."""
    print(line, flush=True)
