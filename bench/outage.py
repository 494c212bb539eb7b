"""What outage.sh says. Linux, wrk, a Postgres of its own."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from counted_load import Books
from postgres_cluster import Cluster
from stack import SOURCE, Stack, wait_for

REQUEST = """wrk.method = "POST"
wrk.body = '{"model":"organisation/model","prompt":"p"}'
wrk.headers["Authorization"] = "Key aaaa"
wrk.headers["Content-Type"] = "application/json"
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def measure(folder, upstream, seconds):
    cluster = Cluster(os.path.join(folder, "a")).make().start()
    stack = None
    try:
        cluster.ask("CREATE DATABASE tollgate", "postgres")
        host = cluster.folder.replace("/", "%2F")
        stack = Stack(upstream=upstream, start=False, settings={
            "database.url": f"postgresql://owner@/tollgate?host={host}&connect_timeout=2",
            "data_dir": os.path.join(folder, "data")})
        stack.command("migrate")
        stack.start_gateway()
        books = Books(*cluster.words())

        def memory():
            with open(f"/proc/{stack.gateway.child.pid}/status") as status:
                return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) // 1024

        def backlog():
            return json.loads(stack.call("GET", "/readyz", base=stack.console)[2])["journal"]

        def runs():
            return int(books.ask("SELECT coalesce(sum((body::json->>'arrived')::bigint), 0) FROM "
                                 "tollgate.facts WHERE kind = 'runs'")[0][0])

        script = os.path.join(folder, "run.lua")
        with open(script, "w") as file:
            file.write(REQUEST)
        stack.call("POST", "/model/run", {"model": "m"}, "aaaa")
        wait_for("the first run is in the ledger", lambda: runs() == 1, 30)
        cluster.stop()
        said = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}", "-s", script,
                               stack.url + "/model/run"], text=True, capture_output=True).stdout
        told = int(re.search(r"(\d+) requests in", said)[1])
        refused = re.search(r"Non-2xx.*: (\d+)", said)
        told -= int(refused[1]) if refused else 0
        print(f"away {seconds} s: {told} runs told, {told / seconds:.0f}/s, refused "
              f"{refused[1] if refused else 0}; journal {backlog()['backlog_bytes'] / 1e6:.0f} MB, "
              f"gateway {memory()} MiB")
        cluster.start()
        began = time.monotonic()
        wait_for("all is shipped", lambda: backlog()["backlog_bytes"] == 0, 1800, 0.2)
        taken = time.monotonic() - began
        found = runs() - 1
        print(f"back: all in the ledger after {taken:.1f} s, gateway {memory()} MiB; {found} runs, "
              f"{found - told} of them in flight when the load ended")
        if not told <= found <= told + 64:
            sys.exit("that is not each of them once")
    finally:
        if stack is not None:
            stack.__exit__(None, None, None)
        cluster.stop()


def main():
    folder = tempfile.mkdtemp(prefix="tg-", dir="/var/tmp")
    os.chmod(folder, 0o755)
    port = free_port()
    upstream = subprocess.Popen([str(SOURCE / "build/bench/fast_upstream"), str(port)])
    try:
        measure(folder, f"http://127.0.0.1:{port}", int(sys.argv[1]))
    finally:
        upstream.terminate()
        upstream.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


main()
