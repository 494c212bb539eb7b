"""Clients that call without pause, an upstream that counts, and whether the ledger agrees.

A run is told by its model's first answer byte; its fact is its arrival. One that was cut off before
may be in the ledger or not, so the sum of arrivals lies between what was told and what was tried;
each call reaches the upstream at most once.
"""
import collections
import contextlib
import http.client
import json
import os
import subprocess
import threading
import time
import unittest
import urllib.parse

from stack import Failed, wait_for
from traffic_test import Upstream

CLIENTS = 6
LOAD_EVERY = 12  # calls of a client; the model of a load is used once, and deleted


def field_of(head, name):
    for line in head.split(b"\r\n"):
        if line.lower().startswith(name + b":"):
            return line.split(b":", 1)[1].strip().decode()
    return None


class CountingUpstream(Upstream):
    """Answers every load, run and delete, and counts which calls it received."""

    def __init__(self):
        self.lock = threading.Lock()
        self.received = collections.Counter()  # by call
        self.loads = collections.Counter()     # by model
        super().__init__(self.count_and_answer)

    def _speak(self, connection):
        try:
            super()._speak(connection)
        except OSError:
            pass  # the gateway was killed

    def count_and_answer(self, connection, head, length):
        call, model = field_of(head, b"x-call"), field_of(head, b"x-model")
        with self.lock:
            if call:
                self.received[call] += 1
            if head.startswith(b"POST /model/load"):
                self.loads[model] += 1
        status, body = 200, {"model": model, "status": "ok"}
        if head.startswith(b"POST /model/load"):
            body = {"model": model, "status": "started", "concurrency": 1}
        elif head.startswith(b"POST /model/delete"):
            body = {"model": model, "status": "stopped"}
        elif head.startswith(b"GET /model/list"):
            body = [{"name": "m", "requiredRAM": 1.5, "benchmarked": True}]
        elif head.startswith(b"GET /model/instances"):
            body = []
        elif head.startswith(b"POST /model/status"):
            status, body = 404, {"status": "error", "error": "not loaded"}
        text = json.dumps(body).encode()
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" %
                           (status, len(text)) + text)


class Client(threading.Thread):
    """Calls without pause through whichever gateway runs; keeps what it tried and what it was told."""

    def __init__(self, number, url_of, stopping):
        super().__init__(daemon=True)
        self.number, self.url_of, self.stopping = number, url_of, stopping
        self.tried = collections.Counter()   # by (call, model)
        self.told = collections.Counter()    # the same, of 2xx
        self.others = collections.Counter()  # by status
        self.calls = 0
        self.connection = self.url = None

    def call(self, what, model):
        """Whether it was told 2xx."""
        url = self.url_of()
        if url is None:
            time.sleep(0.005)
            return False
        if self.connection is None or url != self.url:
            place = urllib.parse.urlsplit(url)
            self.connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
            self.url = url
        self.calls += 1
        self.tried[what, model] += 1
        try:
            self.connection.request("POST", f"/model/{what}", json.dumps({"model": model}), {
                "Authorization": f"Key client-{self.number}", "X-Model": model,
                "X-Call": f"{self.number}-{self.calls}"})
            answer = self.connection.getresponse()
        except (OSError, http.client.HTTPException):
            self.drop()
            return False
        told = 200 <= answer.status < 300
        self.told[what, model] += told
        if not told:
            self.others[answer.status] += 1
        try:
            answer.read()
        except (OSError, http.client.HTTPException):
            self.drop()
        return told

    def drop(self):
        self.connection.close()
        self.connection = None

    def run(self):
        while not self.stopping.is_set():
            if self.calls % LOAD_EVERY == 0:
                model = f"load-{self.number}-{self.calls}"
                if self.call("load", model):
                    self.call("delete", model)
            self.call("run", f"run-{self.number}")
        if self.connection is not None:
            self.drop()


class Books:
    """The ledger's tables, read past the product. `words`: psql's, for where to connect."""

    def __init__(self, *words):
        self.words = words

    @staticmethod
    def embedded(data_dir):
        with open(os.path.join(data_dir, "postgres", "postmaster.pid")) as file:
            server, _, _, port, directory = file.read().splitlines()[:5]
        books = Books("-h", directory, "-p", port, "-U", "tollgate", "-d", "tollgate")
        books.server = server
        return books

    def ask(self, question):
        done = subprocess.run(["psql", "-XAtq", "-F", "|", *self.words, "-c", question], text=True,
                              capture_output=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return [line.split("|") for line in done.stdout.splitlines()]

    def counts(self, question):
        return collections.Counter({model: int(count) for model, count in self.ask(question)})

    def answered(self, kind, condition):
        return self.counts(f"SELECT model, count(*) FROM tollgate.facts WHERE kind = '{kind}' AND "
                           f"{condition} GROUP BY model")

    def runs(self):
        return self.counts("SELECT model, sum((body::json->>'arrived')::bigint) FROM tollgate.facts"
                           " WHERE kind = 'runs' GROUP BY model")


class CountedLoad(unittest.TestCase):
    """For tests that trouble a gateway under load: they set `upstream`, `stack`, `url`, `books`."""

    @contextlib.contextmanager
    def load(self):
        """The clients at work; `self.url` None: they wait."""
        stopping = threading.Event()
        clients = [Client(number, lambda: self.url, stopping) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            yield clients
        finally:
            stopping.set()
            for client in clients:
                client.join(30)

    @staticmethod
    def sums(clients):
        """What they tried, were told, and were told otherwise."""
        return (sum((getattr(client, name) for client in clients), collections.Counter())
                for name in ("tried", "told", "others"))

    def wait_until_shipped(self):
        """Until the ledger says that it holds all that was recorded before this instant."""
        ((now,),) = self.books.ask("SELECT now()")
        self.stack.call("POST", "/model/delete", {"model": "last"}, "client-0",
                        headers={"X-Model": "last"})

        def mark():
            return self.books.ask("SELECT sequence FROM tollgate.gateways WHERE id <> 'operator'")

        def is_shipped():
            return self.books.ask("SELECT 1 FROM tollgate.gateways "
                                  f"WHERE id <> 'operator' AND shipped_through > '{now}'")

        began, first = time.monotonic(), mark()
        try:
            while not is_shipped():
                before = mark()
                # A backlog may take its time; one that does not shrink never will.
                wait_for(f"the ledger moves on from {before}",
                         lambda: is_shipped() or mark() != before, 30, 0.5)
                if time.monotonic() - began > 240:
                    raise Failed(f"not within 240 s: all of it is in the ledger, {mark()} is")
        except Failed as failed:
            log = "\n".join(self.stack.gateway.output().splitlines()[-20:])
            raise Failed(f"{failed}\n{log}") from None
        print(f"shipped from {first} to {mark()} in {time.monotonic() - began:.1f} s")

    def check_calls(self, what, ledger, tried, told):
        """Every call in the ledger at least as often as told, at most as often as tried."""
        for model, count in {m: n for (w, m), n in tried.items() if w == what}.items():
            self.assertGreaterEqual(ledger[model], told[what, model], f"lost: {what} {model}")
            self.assertLessEqual(ledger[model], count, f"twice: {what} {model}")
        strangers = [model for model in ledger if not tried[what, model] and model != "last"]
        self.assertEqual(strangers, [], f"{what}: in the ledger, asked by nobody")

    def check_books(self, clients):
        tried, told, _ = self.sums(clients)
        self.check_calls("load", self.books.answered("load_answered",
                                                     "(body::json->>'accepted')::boolean"),
                         tried, told)
        self.check_calls("delete", self.books.answered(
            "delete_answered", "(body::json->>'status')::int = 200"), tried, told)
        self.check_calls("run", self.books.runs(), tried, told)
        # What the upstream was asked to load was intended first, and once.
        intended = self.books.answered("load_requested", "true")
        self.assertEqual({model for model in self.upstream.loads if intended[model] != 1}, set())
        self.assertEqual([call for call, times in self.upstream.received.items() if times > 1], [])
        ((facts, identities, last, mark),) = self.books.ask(
            "SELECT count(*), count(DISTINCT (gateway, sequence)), max(facts.sequence),"
            " (SELECT max(sequence) FROM tollgate.gateways) FROM tollgate.facts")
        self.assertEqual(facts, identities)
        self.assertLessEqual(int(last), int(mark))
