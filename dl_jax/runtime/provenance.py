"""Where a result comes from: versions, device and commit."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

import jax


def versions() -> dict[str, str]:
    """Of Python and of the packages that the numbers pass through."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in ("jax", "flax", "optax", "numpy")
    }


def commit() -> str:
    """The git commit of the code, "+" behind it if files differ from it; empty outside a checkout."""

    def git(*arguments):
        return subprocess.run(
            ["git", "-C", Path(__file__).parent, *arguments], capture_output=True, text=True, check=True
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
