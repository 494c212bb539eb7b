#!/usr/bin/env python3
"""A process that speaks the OpenAI API like an engine and fails on command: for the launcher's tests.

What a run does is told by its prompt: "crash", "refuse", "break", "slow N" (N pieces, 50 ms apart),
"letters" (pieces of several bytes); anything else is answered with three words.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--boot-seconds", type=float, default=0)
parser.add_argument("--never-healthy", action="store_true")
parser.add_argument("--die-at-start", action="store_true")
parser.add_argument("--ignore-term", action="store_true")
parser.add_argument("--child", action="store_true", help="keeps a child process that ignores SIGTERM")
parser.add_argument("--eat-mebibytes", type=int, default=0)
parser.add_argument("--aborted", help="a file that gets a line for each run whose client went away")
options = parser.parse_args()

if options.die_at_start:
    print("cannot find my weights\nno \x07such file: größe", flush=True)
    sys.exit(3)
if options.ignore_term:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if options.child:
    subprocess.Popen([sys.executable, "-c", "import signal, time\n"
                      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)"])
eaten = bytearray(options.eat_mebibytes << 20)
for page in range(0, len(eaten), 4096):
    eaten[page] = 1


class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        healthy = self.path == "/health" and not options.never_healthy
        self.answer(200 if healthy else 503, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = body.get("prompt") or body["messages"][-1]["content"]
        if prompt == "crash":
            print("segmentation of everything", flush=True)
            # This thread, not the process: another thread would take it while this one answers.
            signal.pthread_kill(threading.get_ident(), signal.SIGSEGV)
        if prompt == "refuse":
            return self.answer(422, {"error": {"message": "no such adapter"}})
        pieces = [" one", " two", " three"]
        if prompt == "letters":
            pieces = ["ä", "好", "😀"]
        if prompt == "echo body":
            pieces = [json.dumps(body, sort_keys=True)]
        if prompt.startswith("slow"):
            pieces = [f" {i}" for i in range(int(prompt.split()[1]))]
        try:
            self.generate(body, pieces, prompt)
        except OSError:
            if options.aborted:
                with open(options.aborted, "a") as file:
                    file.write("aborted\n")

    def generate(self, body, pieces, prompt):
        chat = "messages" in body
        if not body.get("stream"):
            for piece in pieces if prompt.startswith("slow") else []:
                time.sleep(0.05)
            text = "".join(pieces)
            choice = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
            return self.answer(200, {"choices": [choice]})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.event({"choices": [{"delta": {"content": piece}} if chat else {"text": piece}]})
            if prompt.startswith("slow"):
                time.sleep(0.05)
            if prompt == "break":
                self.close_connection = True
                return self.connection.close()
        self.event({"choices": [], "usage": {"total_tokens": len(pieces)}})
        self.chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, data):
        self.chunk(b"data: " + json.dumps(data).encode() + b"\n\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


time.sleep(options.boot_seconds)
server = ThreadingHTTPServer(("127.0.0.1", options.port), Engine)
print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
