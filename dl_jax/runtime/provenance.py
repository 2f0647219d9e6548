"""Provenance of a result: package versions, devices and git commit."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

import jax


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute the numbers."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in ("jax", "flax", "optax", "numpy")
    }


def commit() -> str:
    """Return the git commit of the code, with a trailing "+" if tracked files differ from it; "" outside a checkout."""

    def git(*arguments):
        return subprocess.run(
            ["git", "-C", Path(__file__).parent, *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def device(data: int = 1, model: int = 1) -> dict[str, object]:
    """Return the kind, name and number of JAX's devices, and how many of them one model is sharded over, if several.

    data, model: numbers of devices over which each batch and each layer are sharded.
    """
    first = jax.devices()[0]
    shared = {"data": data, "model": model} if data * model > 1 else {}
    return {"kind": first.platform, "name": first.device_kind, "count": jax.device_count(), **shared}
