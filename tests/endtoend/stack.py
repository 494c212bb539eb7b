"""Starts the built binary as users do: an origin, a gateway with its embedded Postgres, and clients.

Every wait is bounded, every port free, every process ended by who started it. Standard library only.
"""
import contextlib
import fcntl
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("TOLLGATE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("TOLLGATE_BINARY", str(SOURCE / "build/tollgate"))
ENGINE = os.environ.get("TOLLGATE_ENGINE", str(pathlib.Path(BINARY).parent / "engine"))
TINY = "tollgate/tiny-random-llama"
ORIGIN_KEY = "origin-key-0123456789"


class Failed(Exception):
    pass


def wait_for(what, check, seconds=30, every=0.1):
    """The first true value of check(), or Failed after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(every)


class Process:
    """A running tollgate command: its output is kept, its readiness is a line on standard output."""

    def __init__(self, *arguments, ready, seconds=60, environment=None, listener=None):
        self.lines, self.log = [], []
        command, passed = [BINARY, *arguments], ()
        if listener is not None:  # as systemd passes it: descriptor 3, and whom it is for
            passed = (fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD, 10),)
            command = ["bash", "-c", f"exec 3<&{passed[0]} {passed[0]}<&-; LISTEN_PID=$$ "
                       'LISTEN_FDS=1 exec "$0" "$@"', *command]
        self.child = subprocess.Popen(
            command, pass_fds=passed, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, **(environment or {})})
        for descriptor in passed:
            os.close(descriptor)
        self.readers = [threading.Thread(target=self._read, args=(stream, into), daemon=True)
                        for stream, into in ((self.child.stdout, self.lines),
                                             (self.child.stderr, self.log))]
        for reader in self.readers:
            reader.start()
        try:
            wait_for(f"{arguments[0]} says it is ready", lambda: self._is_ready(ready), seconds)
        except Failed as failed:
            self.stop()
            raise Failed(f"{failed}\n{self.output()}") from None

    @staticmethod
    def _read(stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))

    def _is_ready(self, ready):
        if self.child.poll() is not None:
            raise Failed(f"ended with {self.child.returncode}")
        return any(re.search(ready, line) for line in self.lines)

    def find(self, pattern):
        for line in self.lines:
            match = re.search(pattern, line)
            if match:
                return match.group(1)
        raise Failed(f"no {pattern} in\n{self.output()}")

    def output(self):
        return "\n".join(self.lines + self.log)

    def stop(self, with_signal=signal.SIGTERM, seconds=20):
        """Its exit status; killed when it does not end in time, which is a failure."""
        if self.child.poll() is None:
            self.child.send_signal(with_signal)
        try:
            status = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(10)
            raise Failed(f"did not stop within {seconds} s\n{self.output()}") from None
        for reader in self.readers:
            reader.join(5)
        self.child.stdout.close()
        self.child.stderr.close()
        return status


class Folder:
    """A data directory that the embedded Postgres's unprivileged user can reach too."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="tollgate-e2e-")
        os.chmod(self.path, 0o755)

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def signal_if_there(process, with_signal):
    """Whether it was there: a server's children come and go by themselves."""
    try:
        os.kill(process, with_signal)
        return True
    except ProcessLookupError:
        return False


@contextlib.contextmanager
def hanging(process):
    """A server that answers nobody: it and its children are stopped meanwhile."""
    held = []
    try:
        os.kill(process, signal.SIGSTOP)  # first, so that it makes no further children
        held.append(process)
        found = subprocess.run(["pgrep", "-P", str(process)], text=True, capture_output=True)
        held += [child for child in map(int, found.stdout.split())
                 if signal_if_there(child, signal.SIGSTOP)]
        yield
    finally:
        for one in held:
            signal_if_there(one, signal.SIGCONT)


class Stack(contextlib.AbstractContextManager):
    """Origin and gateway over one folder. `upstream` replaces the origin by another service."""

    def __init__(self, upstream=None, keys="passthrough", models=None, settings=None, start=True,
                 listener=None):
        self.folder = Folder()
        self.listener = listener  # passed to each gateway, which then binds no port for clients
        self.origin = self.gateway = None
        self.settings = {
            "data_dir": self.folder / "data",
            "gateway.listen": "127.0.0.1:0",
            "gateway.keys": keys,
            "console.listen": "127.0.0.1:0",
            "upstream.watch_interval_seconds": "1",
            "meter.plan": str(SOURCE / "config/plans/bytez-2024-06.json"),
            **(settings or {}),
        }
        if keys == "managed":
            self.settings["upstream.key"] = ORIGIN_KEY
        try:
            if upstream is None:
                self.start_origin(models)
                upstream = self.origin_url
            self.settings["upstream.url"] = upstream
            if start:
                self.start_gateway()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def start_origin(self, models=None):
        self.origin = Process(
            "origin", "--set", "origin.listen=127.0.0.1:0",
            "--set", f"data_dir={self.folder / 'origin'}",
            "--set", f"origin.models={models or SOURCE / 'config/models.json'}",
            "--set", f"origin.engine_dir={ENGINE}",
            "--set", f"origin.keys={ORIGIN_KEY}",
            "--set", "origin.spin_down_seconds=1",
            ready=r"http://")
        self.origin_url = self.origin.find(r"(http://\S+)")
        if models is None:
            wait_for("the bundled model is measured", lambda: "available" in json.loads(call(
                self.origin_url, "POST", "/model/job", {"model": TINY})[2]).get("message", ""), 60)

    def arguments(self):
        return [word for key, value in self.settings.items() for word in ("--set", f"{key}={value}")]

    def start_gateway(self):
        self.gateway = Process("serve", *self.arguments(), ready=r"^ready", listener=self.listener)
        self.url = self.gateway.find(r"gateway\s+(http\S+)")
        self.console = self.gateway.find(r"console\s+(http\S+)")

    def command(self, *arguments, status=0, stdin=None, seconds=60):
        """The output of a tollgate command over this stack's ledger."""
        done = subprocess.run([BINARY, *arguments, *self.arguments()], input=stdin, text=True,
                              capture_output=True, timeout=seconds)
        if done.returncode != status:
            raise Failed(f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def sessions(self, *filters):
        lines = self.command("session", "list", "--format", "jsonl", *filters).splitlines()
        return [json.loads(line) for line in lines if line]

    def rate(self, sessions, as_of=None, timezone="UTC"):
        words = ["--as-of", as_of] if as_of else []
        done = subprocess.run(
            [BINARY, "rate", "--plan", self.settings["meter.plan"], "--timezone", timezone, *words],
            input="".join(json.dumps(session) + "\n" for session in sessions), text=True,
            capture_output=True, timeout=60)
        if done.returncode != 0:
            raise Failed(f"rate: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def call(self, method, path, body=None, key=ORIGIN_KEY, base=None, headers=None, seconds=60):
        return call(base or self.url, method, path, body, key, headers, seconds)

    def postmaster(self):
        """The process id of the embedded Postgres."""
        with open(os.path.join(self.settings["data_dir"], "postgres", "postmaster.pid")) as file:
            return int(file.readline())

    def load_and_wait(self, model=TINY, key=ORIGIN_KEY, **options):
        status, _, text = self.call("POST", "/model/load", {"model": model, **options}, key)
        if status != 200:
            raise Failed(f"load: {status} {text}")
        wait_for(f"{model} runs", lambda: self.status_of(model, key) == "RUNNING", 60, 0.25)

    def status_of(self, model=TINY, key=ORIGIN_KEY):
        _, _, text = self.call("POST", "/model/status", {"model": model}, key)
        return json.loads(text).get("status")

    def __exit__(self, *_):
        problems = []
        for process in (self.gateway, self.origin):
            if process is not None and process.child.poll() is None:
                try:
                    process.stop()
                except Failed as failed:
                    problems.append(str(failed))
        self.folder.remove()
        if problems and _[0] is None:
            raise Failed("\n".join(problems))


def call(base, method, path, body=None, key=ORIGIN_KEY, headers=None, seconds=60):
    """Status, headers, text of one call."""
    url = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=seconds)
    try:
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        fields = {"Content-Type": "application/json", **(headers or {})}
        if key is not None:
            fields["Authorization"] = f"Key {key}"
        connection.request(method, path, data, fields)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")
    finally:
        connection.close()
