"""The server's main process, as `postmaster.pid` tells of it; the file outlives a process that was killed."""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple, Self

_PROGRAM = "postgres"


class Postmaster(NamedTuple):
    """What `postmaster.pid` says, and whether that is still true."""

    pid: int
    socket_dir: str  # empty until the server has opened it
    is_ready: bool  # it answers queries: started, and recovered if that was needed
    is_alive: bool  # the process is there and is this cluster's server

    @classmethod
    def read(cls, cluster: Path) -> Self | None:
        """Return what the cluster's file says, None if there is none."""
        try:
            lines = [line.strip() for line in (cluster / "postmaster.pid").read_text().splitlines()]
            pid = int(lines[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None
        # PostgreSQL's order: pid, directory, start, port, socket directory, address, shared memory, status.
        lines += [""] * (8 - len(lines))
        return cls(pid, lines[4], lines[7] == "ready", _is_server(pid, cluster))

    def disown(self, cluster: Path) -> None:
        """Keep a dead server's files from stopping a start while another process, or a zombie, bears its number.

        The server believes in any living process of that number, except in the one that called `pg_ctl`: so
        our own number is written there. The rest of the file stays, since the server looks there for the shared
        memory of the one that was killed. Only the holder of this cluster's lock may call it.
        """
        if self.is_alive:
            return
        file = cluster / "postmaster.pid"
        _, _, rest = file.read_text().partition("\n")
        file.write_text(f"{os.getpid()}\n{rest}")
        for lock in Path(self.socket_dir or "/nowhere").glob(".s.PGSQL.*.lock"):
            if not _is_server(int(lock.read_text().split("\n", 1)[0] or 0), cluster):
                lock.unlink()


def _is_server(pid: int, cluster: Path) -> bool:
    """Whether process `pid` is a living PostgreSQL of this cluster, rather than a zombie or a stranger."""
    process = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        try:
            # The server's working directory is its cluster; a zombie has none.
            return process.joinpath("comm").read_text().strip() == _PROGRAM and process.joinpath("cwd").samefile(
                cluster
            )
        except OSError:
            return False
    command = ["ps", "-p", str(pid), "-o", "stat=", "-o", "comm="]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()  # noqa: S603 (a fixed command)
    return len(said) > 1 and not said[0].startswith("Z") and said[-1].endswith(_PROGRAM)
