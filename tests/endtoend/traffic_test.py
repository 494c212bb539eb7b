"""What passes through the built gateway: streams as they come, large bodies in little memory, and
no word of a prompt, an output or a credential left behind."""
import http.client
import os
import socket
import threading
import unittest
import urllib.parse

from stack import Stack, wait_for


class Upstream:
    """A recording upstream over raw sockets; `answer(connection, head, body_length)` is the script."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection):
        connection.settimeout(60)
        with connection, connection.makefile("rb") as stream:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        return
                    head += line
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                left = length
                while left:
                    piece = stream.read(min(left, 65536))
                    if not piece:
                        return
                    left -= len(piece)
                self.answer(connection, head, length)

    def close(self):
        self.listener.close()


def memory_of(process):
    with open(f"/proc/{process.child.pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


class Bodies(unittest.TestCase):
    def test_the_first_chunk_arrives_before_the_last_is_sent(self):
        first_seen = threading.Event()

        def answer(connection, head, length):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            if not first_seen.wait(20):
                return
            connection.sendall(b"4\r\nlast\r\n0\r\n\r\n")

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        with Stack(upstream=upstream.url) as stack:
            url = urllib.parse.urlsplit(stack.url)
            client = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
            client.request("POST", "/model/run", '{"model":"m","prompt":"p","stream":true}',
                           {"Authorization": "Key k"})
            stream = client.getresponse()
            self.assertEqual(stream.read(5), b"first")
            first_seen.set()
            self.assertEqual(stream.read(), b"last")
            client.close()

    def test_a_body_of_64_mib_passes_in_less_than_8(self):
        size = 64 << 20

        def answer(connection, head, length):
            if length < 1000:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            block = b"x" * 65536
            for _ in range(size // len(block)):
                connection.sendall(block)

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        with Stack(upstream=upstream.url) as stack:
            url = urllib.parse.urlsplit(stack.url)
            client = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
            fields = {"Authorization": "Key k"}
            client.request("POST", "/model/run", '{"model":"m","prompt":"p"}', fields)
            client.getresponse().read()
            before = memory_of(stack.gateway)
            head, tail = b'{"model":"m","prompt":"', b'"}'
            body = head + b"y" * (size - len(head) - len(tail)) + tail
            client.request("POST", "/model/run", body, fields)
            stream = client.getresponse()
            received = 0
            while piece := stream.read(1 << 20):
                received += len(piece)
            self.assertEqual((stream.status, received), (200, size))
            self.assertLess(memory_of(stack.gateway) - before, 8 << 20)
            client.close()


class Blind(unittest.TestCase):
    CANARIES = ("canary-prompt-7f3a", "canary-output-91bc", "canary-key-55d0", "canary-query-e2e2")

    def test_prompts_outputs_keys_and_queries_are_found_nowhere(self):
        prompt, output, key, query = self.CANARIES
        load = b'{"model":"m","status":"started","concurrency":1}'

        def answer(connection, head, length):
            body = load if head.startswith(b"POST /model/load") else output.encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        with Stack(upstream=upstream.url) as stack:
            stack.call("POST", "/model/load", {"model": "m"}, key)
            status, _, text = stack.call("POST", f"/model/run?q={query}",
                                         {"model": "m", "prompt": prompt}, key)
            self.assertEqual((status, text), (200, output))
            stack.call("POST", "/model/run", f'{{"model":"m","prompt":"{prompt}" broken', key)
            wait_for("the session is in the ledger", stack.sessions, 30, 0.5)
            _, _, metrics = stack.call("GET", "/metrics", base=stack.console)
            stack.gateway.stop()
            places = {"metrics": metrics, "log": stack.gateway.output()}
            for folder, _, files in os.walk(stack.folder.path):
                for name in files:
                    with open(os.path.join(folder, name), "rb") as file:
                        places[os.path.join(folder, name)] = file.read().decode("latin-1")
            self.assertGreater(len(places), 100)  # the cluster's files were read
            found = [(canary, place) for place, text in places.items()
                     for canary in self.CANARIES if canary in text]
            self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
