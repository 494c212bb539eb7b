#!/usr/bin/env python3
"""One instance's life by python-requests, on one kept connection: life.py BASE_URL KEY MODEL

Certificates are verified against REQUESTS_CA_BUNDLE where it is set.
"""
import sys
import time

import requests

base, key, model = sys.argv[1:]
session = requests.Session()
session.headers["Authorization"] = f"Key {key}"


def call(name, status=200, **body):
    answer = session.post(f"{base}/model/{name}", json={"model": model, **body}, timeout=30)
    assert answer.status_code == status, (name, answer.status_code, answer.text)
    return answer.json()


assert any(entry["name"] == model
           for entry in session.get(f"{base}/model/list", timeout=30).json())
call("load", concurrency=1, expirationPeriodSeconds=300)
deadline = time.monotonic() + 60
while call("status")["status"] != "RUNNING":
    assert time.monotonic() < deadline, "not RUNNING"
    time.sleep(0.2)
assert call("run", prompt="Once upon a time", params={"max_length": 20})["output"]
with session.post(f"{base}/model/run", json={"model": model, "prompt": "Once", "stream": True},
                  stream=True, timeout=30) as streamed:
    assert streamed.status_code == 200
    assert b"".join(streamed.iter_content(None))
call("load", status=409)
call("delete")
assert call("status")["status"] == "STOPPED"
