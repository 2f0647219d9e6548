"""Where a result comes from: versions, device, commit, and a digest of the code that made it."""

import platform
import subprocess
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import jax

HOUSE = Path(__file__).parents[1]
MEASURING = ("data", "models", "training", "measures")
"""The rooms that a measurement depends on; what only judges, draws or starts is left out."""
JUDGING = ("evidence", "report")
"""The rooms that make verdicts and pictures of the records."""


@cache
def _digest_of(rooms) -> str:
    digest = sha256()
    for room in rooms:
        for path in sorted((HOUSE / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def code_digest(module_file: str) -> str:
    """Twelve hexadecimal digits for the code that an experiment's measurement runs through."""
    return sha256(_digest_of(MEASURING).encode() + Path(module_file).read_bytes()).hexdigest()[:12]


def judging_digest() -> str:
    """Twelve hexadecimal digits for the code that judges and draws."""
    return _digest_of(JUDGING)


def versions() -> dict[str, str]:
    """Of Python and of the packages that the numbers pass through."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in ("jax", "flax", "optax", "numpy")
    }


def commit() -> str:
    """The git commit of the code, "+" behind it if files differ from it; empty outside a checkout."""

    def git(*arguments):
        return subprocess.run(
            ["git", "-C", HOUSE, *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def device(data: int = 1, model: int = 1) -> dict[str, object]:
    """What JAX runs on here; data, model: over how many of them a machine is shared out."""
    first = jax.devices()[0]
    shared = {"data": data, "model": model} if data * model > 1 else {}
    return {"kind": first.platform, "name": first.device_kind, "count": jax.device_count(), **shared}
