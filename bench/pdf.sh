#!/usr/bin/env bash
# CPU of two-page invoices as PDFs: ours from the invoices' JSON, WeasyPrint's from our HTML of the
# same invoices, each in one process with its fonts loaded once. Rounds are interleaved, so that what
# the machine does meanwhile hits both alike; the table shows medians of CPU seconds (user and
# system, start of the process included) and the median of the rounds' ratios. The aim is 50.
# INVOICES (40), ROUNDS (3), MODELS (2) and SESSIONS (16) may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export INVOICES=${INVOICES:-40} ROUNDS=${ROUNDS:-3} RENDER=${BUILD:-build}/bench/render_invoices

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 bench/make_invoices.py "$work" "$INVOICES" "${MODELS:-2}" "${SESSIONS:-16}"
"$RENDER" html "$work"/*.json
cat >"$work/weasy.py" <<'PYTHON'
import logging
import sys

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

logging.disable(logging.CRITICAL)
fonts = FontConfiguration()
for path in sys.argv[1:]:
    HTML(path).write_pdf(path + ".pdf", font_config=fonts)
PYTHON

python3 - "$work" <<'PYTHON'
import glob
import os
import re
import statistics
import subprocess
import sys

work = sys.argv[1]
count = int(os.environ["INVOICES"])
commands = {
    "tollgate": [os.environ["RENDER"], "pdf", *sorted(glob.glob(work + "/*.json"))],
    # Debian's, whatever other Python stands before it on the path.
    "WeasyPrint": ["/usr/bin/python3", work + "/weasy.py", *sorted(glob.glob(work + "/*.html"))],
}


def run(command):
    """CPU seconds and the largest resident size in MiB."""
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed with status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def pages(path):
    text = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"Pages: +(\d+)", text).group(1))


results = {name: [] for name in commands}
for _ in range(int(os.environ["ROUNDS"])):
    for name, command in commands.items():
        results[name].append(run(command))

ours, theirs = (sorted(glob.glob(work + "/*" + end)) for end in ("[0-9].pdf", ".html.pdf"))
print(f"{count} invoices, {len(results['tollgate'])} rounds; pages of each: "
      f"{sorted({pages(p) for p in ours})} and {sorted({pages(p) for p in theirs})}")
print(f"{'':12}{'ms/invoice':>12}{'MiB':>8}")
for name, rounds in results.items():
    each = statistics.median(r[0] for r in rounds) * 1000 / count
    print(f"{name:12}{each:12.2f}{max(r[1] for r in rounds):8.1f}")
ratios = [b[0] / a[0] for a, b in zip(*results.values())]
print(f"{'ratio':12}{statistics.median(ratios):12.1f}   (aim: at least 50; "
      f"rounds {min(ratios):.1f} to {max(ratios):.1f})")
PYTHON
