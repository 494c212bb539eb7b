#!/usr/bin/env python3
"""Issued invoices as `invoice export --format json` prints them: plausible, the same each time.

usage: make_invoices.py FOLDER COUNT [LINES [SESSIONS]]   one file each, 0001.json and so on
"""
import datetime
import hashlib
import json
import os
import random
import sys
from decimal import Decimal, getcontext

getcontext().prec = 80
RATE = Decimal("0.0000166667")
MODELS = ["openai-community/gpt2", "meta-llama/Llama-3.1-8B-Instruct", "mistralai/Mistral-7B-v0.3",
          "google/gemma-2-9b-it", "Qwen/Qwen2.5-14B-Instruct", "microsoft/Phi-3.5-mini-instruct"]
MONTH = datetime.datetime(2026, 10, 1, tzinfo=datetime.timezone.utc)


def plain(value):
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant(moment):
    text = moment.isoformat().replace("+00:00", "")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "Z"


def session(chance, model, gb, number):
    start = MONTH + datetime.timedelta(microseconds=chance.randrange(30 * 86400 * 10**6))
    used = Decimal(chance.randrange(5 * 10**6, 7200 * 10**6)) / 10**6
    ceiled = -(-int(used * 10**6) // (60 * 10**6)) * Decimal(60)
    gb_seconds = gb * ceiled
    return {"kind": "usage", "session": f"gw-{number // 100 + 1}-{number}", "model": model,
            "key": hashlib.sha256(model.encode()).hexdigest()[:32], "plan": "bytez-2024-06",
            "period": "2026-10", "gb": plain(gb), "concurrency": 1, "runs": chance.randrange(1, 400),
            "start": instant(start),
            "end": instant(start + datetime.timedelta(microseconds=int(used * 10**6))),
            "used_seconds": plain(used), "rounding_seconds": plain(ceiled - used),
            "minimum_seconds": "0", "spin_down_seconds": "0", "billable_seconds": plain(ceiled),
            "gb_seconds": plain(gb_seconds), "amount": plain(gb_seconds * RATE),
            "estimated": False, "accruing": False}


def line(model, sessions):
    def total(key):
        return sum(Decimal(entry[key]) for entry in sessions)

    amount = total("amount")
    keys = ["used", "rounding", "minimum", "spin_down", "billable"]
    return {"kind": "usage", "model": model, "plan": "bytez-2024-06", "period": "2026-10",
            "instances": len(sessions), "runs": sum(entry["runs"] for entry in sessions),
            **{key + "_seconds": plain(total(key + "_seconds")) for key in keys},
            "gb_seconds": plain(total("gb_seconds")), "unit_price": plain(RATE),
            "amount": plain(amount), "payable": str(amount.quantize(Decimal("0.01"), "ROUND_HALF_UP")),
            "accruing": False}


def invoice(number, line_count, session_count):
    chance = random.Random(number)
    models = [MODELS[i] if i < len(MODELS) else f"{MODELS[i % len(MODELS)]}-{i}"
              for i in range(line_count)]
    lines, sessions = [], []
    for place, model in enumerate(sorted(models)):
        gb = Decimal(chance.randrange(50, 4000)) / 100
        share = session_count // line_count + (place < session_count % line_count)
        own = [session(chance, model, gb, len(sessions) + i) for i in range(share)]
        own.sort(key=lambda entry: entry["start"])
        lines.append(line(model, own))
        sessions += own
    return {"number": f"TG-2026-{number:06}", "account": f"customer-{number}",
            "account_id": f"acc_{number}", "month": "2026-10", "timezone": "Europe/Berlin",
            "currency": "USD", "issued_at": "2026-11-01T00:10:00.25Z", "accrued_to": None,
            "issuer": {"name": "Tollgate Ltd", "address": "1 Turnpike Road\nLondon", "country": "GB",
                       "vat_id": "GB123456789"},
            "customer": {"name": f"Customer {number}", "address": "Street 7\n10115 Berlin",
                         "country": "DE", "vat_id": "DE123456789"},
            "lines": lines, "sessions": sessions,
            "total_exact": plain(sum(Decimal(entry["amount"]) for entry in lines)),
            "total": str(sum(Decimal(entry["payable"]) for entry in lines)),
            "digest": hashlib.sha256(str(number).encode()).hexdigest(),
            "chain_heads": [{"gateway": "gw-1", "facts": 1200, "last_sequence": 1400,
                             "hash": hashlib.sha256(b"head").hexdigest()}]}


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    line_count, session_count = [int(word) for word in sys.argv[3:]] or (3, 24)
    for number in range(1, count + 1):
        with open(os.path.join(folder, f"{number:04}.json"), "w", encoding="utf-8") as file:
            json.dump(invoice(number, line_count, session_count), file)


if __name__ == "__main__":
    main()
