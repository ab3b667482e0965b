"""Replays recorded answers of the real services against the emulators; fails when an answer differs.

Usage: python .ci/conformance.py FOLDER, which holds the recordings and the scripts that compare them.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

# The recordings touch one spreadsheet that is not shared with the caller and has to answer 403.
PRIVATE_SPREADSHEET = "1jIKzPs8LsiZZdLdeMEP-5ZIHw6RkjiOmj1LrJN706Yc"
REPLAY_S_MAX = 600


def main() -> int:
    """The exit code: 0 when every recorded answer was given."""
    folder = Path(sys.argv[1])
    emulators = subprocess.Popen(
        [sys.executable, "-m", "emulators", "--quotas", "off"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert emulators.stdout is not None
        ready = emulators.stdout.readline()
        if not ready:
            print("conformance: the emulators did not start")
            return 1
        world = json.loads(ready)
        _seed(world, folder)
        failures = [service for service in ("airtable", "sheets") if not _replay(folder, world, service)]
    finally:
        emulators.terminate()
        emulators.wait(timeout=10)
    print(f"conformance: {2 - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


def _seed(world: dict[str, Any], folder: Path) -> None:
    seed = json.loads((folder / "airtable_seed.json").read_text(encoding="utf-8"))
    seed["spreadsheets"] = [{"id": PRIVATE_SPREADSHEET, "title": "private", "private": True}]
    request = urllib.request.Request(
        world["control_url"].rstrip("/") + "/seed",
        data=json.dumps(seed).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):
        pass


def _replay(folder: Path, world: dict[str, Any], service: str) -> bool:
    address = world["airtable" if service == "airtable" else "google"]
    command = [
        *(sys.executable, str(folder / f"replay_{service}.py"), address["endpoint_url"]),
        *(str(folder / f"{service}_recordings.jsonl"), "--token", address["token"]),
    ]
    print(f"== {service}", flush=True)
    return subprocess.run(command, timeout=REPLAY_S_MAX, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
