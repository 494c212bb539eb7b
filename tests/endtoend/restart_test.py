"""A restart under load behind a socket that outlives it (LISTEN_FDS, as systemd does it): nobody is
refused, no answer is cut, nothing is forwarded twice."""
import http.client
import json
import signal
import socket
import threading
import time
import unittest

from stack import Stack, wait_for
from traffic_test import Upstream

CLIENTS = 8
RESTARTS = 2
PIECES = 8


class Client(threading.Thread):
    """Calls without pause on a connection that it keeps as long as it may; every third is a stream."""

    def __init__(self, port, stopping):
        super().__init__(daemon=True)
        self.port, self.stopping = port, stopping
        self.told, self.refused, self.cut, self.other = 0, 0, 0, []
        self.fresh = 0  # connections made

    def run(self):
        connection = None
        calls = 0
        while not self.stopping.is_set():
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                try:
                    connection.connect()
                except OSError:
                    self.refused += 1
                    connection = None
                    continue
                self.fresh += 1
            calls += 1
            connection = self.call(connection, streams=calls % 3 == 0)
        if connection:
            connection.close()

    def call(self, connection, streams):
        """The connection, if it may be kept."""
        body = json.dumps({"model": "m", "stream": streams})
        try:
            connection.request("POST", "/model/run", body, {
                "Content-Type": "application/json", "Authorization": "Key k",
                **({"X-Stream": "1"} if streams else {})})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.cut += 1
            self.other.append(repr(error))
            connection.close()
            return None
        if answer.status == 200 and text == (b"piece" * PIECES if streams else b"ok"):
            self.told += 1
        else:
            self.other.append((answer.status, text))
        if answer.headers.get("Connection") == "close":
            connection.close()
            return None
        return connection


class Restarts(unittest.TestCase):
    def setUp(self):
        self.lock = threading.Lock()
        self.forwarded = 0
        self.upstream = Upstream(self.answer)
        self.addCleanup(self.upstream.close)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.addCleanup(self.listener.close)
        self.stack = Stack(upstream=self.upstream.url, listener=self.listener,
                           settings={"gateway.threads": "2"})
        self.addCleanup(self.stack.__exit__, None, None, None)

    def answer(self, connection, head, length):
        with self.lock:
            self.forwarded += head.startswith(b"POST /model/run")
        if b"X-Stream" not in head:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(PIECES):
            connection.sendall(b"5\r\npiece\r\n")
            time.sleep(0.05)  # a stream that lasts
        connection.sendall(b"0\r\n\r\n")

    def test_nobody_is_refused_and_no_answer_is_cut(self):
        stopping = threading.Event()
        clients = [Client(self.listener.getsockname()[1], stopping) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        told = lambda: sum(client.told for client in clients)
        try:
            for _ in range(RESTARTS):
                before = told()
                wait_for("calls", lambda: told() > before + 20, 30)
                self.assertEqual(self.stack.gateway.stop(seconds=60), 0)
                self.stack.start_gateway()
            before = told()
            wait_for("calls after the last restart", lambda: told() > before + 20, 60)
        finally:
            stopping.set()
            for client in clients:
                client.join(60)
        print(f"told {told()}, connections {sum(client.fresh for client in clients)}")
        self.assertEqual(sum(client.refused for client in clients), 0, "refused")
        self.assertEqual(sum(client.cut for client in clients), 0, "cut")
        self.assertEqual([other for client in clients for other in client.other], [])
        self.assertEqual(self.forwarded, told(), "each once")
        self.assertGreater(sum(client.fresh for client in clients), CLIENTS, "they had to reconnect")


class Reloading(unittest.TestCase):
    def head(self, size):
        return self.stack.call("GET", "/x", headers={"X-Long": "a" * size})[0]

    def reload(self, settings, says):
        with open(self.file, "w") as file:
            file.write(settings if isinstance(settings, str) else json.dumps(settings))
        before = len(self.stack.gateway.log)
        self.stack.gateway.child.send_signal(signal.SIGHUP)
        wait_for(says, lambda: any(says in line for line in self.stack.gateway.log[before:]), 10)
        return "\n".join(self.stack.gateway.log[before:])

    def test_sighup_applies_names_and_refuses(self):
        upstream = Upstream(lambda connection, head, length: connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        self.addCleanup(upstream.close)
        self.stack = Stack(upstream=upstream.url, start=False)
        self.addCleanup(self.stack.__exit__, None, None, None)
        self.file = self.stack.folder / "tollgate.json"
        with open(self.file, "w") as file:
            file.write("{}")
        words = self.stack.arguments()
        self.stack.arguments = lambda: ["--config", self.file, *words]
        self.stack.start_gateway()
        self.assertEqual(self.head(5000), 200)

        said = self.reload({"gateway.max_head_bytes": 2048, "gateway.threads": 3, "log.level": "info",
                            "upstream.key": "canary"}, "configuration read again")
        self.assertIn("has changed  setting=gateway.max_head_bytes", said)
        self.assertIn("needs a restart  setting=gateway.threads", said)
        self.assertIn("needs a restart  setting=upstream.key", said)
        self.assertNotIn("canary", said)
        self.assertEqual(self.head(5000), 431)
        self.assertEqual(self.head(10), 200)

        for wrong in ("{", {"gateway.max_head_bytes": "many"}, {"gateway.nonsense": 1},
                      {"gateway.max_head_bytes": 65536, "gateway.max_in_flight": 0}):
            with self.subTest(wrong=wrong):
                self.reload(wrong, "is refused, the old goes on")
                self.assertEqual(self.head(5000), 431, "the old one")
        self.reload({}, "configuration read again")
        self.assertEqual(self.head(5000), 200)
        self.assertEqual(self.stack.gateway.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
