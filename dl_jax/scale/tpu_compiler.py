"""libtpu's compiler on a host without a TPU: its environment, its log on stderr, and its out-of-memory messages."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import jax
from jax.experimental.compilation_cache import compilation_cache

from dl_jax.errors import FlagError

ENVIRONMENT = {
    "TPU_SKIP_MDS_QUERY": "1",  # do not query a metadata server for the kind of this host
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_ACCELERATOR_TYPE": "v5litepod-8",  # any valid one: the slice is named at compilation
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",  # no chip is used, so there is no need to wait for a program that uses one
    "TPU_LOG_DIR": "disabled",
}


def prepare() -> None:
    """Set libtpu's environment, and disable JAX's search for a TPU. Call it before JAX starts its devices."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if "tpu" in (jax.config.jax_platforms or "tpu").split(","):  # type: ignore[attr-defined]
        jax.config.update("jax_platforms", "cpu")


@contextmanager
def captured_stderr() -> Iterator[None]:
    """Capture what libtpu writes to stderr; print it only if the body raises something other than FlagError."""
    sys.stderr.flush()
    failed = False
    with tempfile.TemporaryFile() as captured:
        stderr = os.dup(2)
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except FlagError:
            raise
        except BaseException:
            failed = True
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            if failed:
                captured.seek(0)
                os.write(2, captured.read())


@contextmanager
def no_compilation_cache() -> Iterator[None]:
    """Disable JAX's compilation cache, which cannot load programs for devices that are absent."""
    before = jax.config.jax_enable_compilation_cache  # type: ignore[attr-defined]
    jax.config.update("jax_enable_compilation_cache", False)
    compilation_cache.reset_cache()
    try:
        yield
    finally:
        jax.config.update("jax_enable_compilation_cache", before)
        compilation_cache.reset_cache()


def parse_out_of_memory(message: str) -> tuple[float, float] | None:
    """Return (GiB needed, GiB available) from an out-of-memory message of the compiler; None from any other message."""
    number = r"([\d.]+)([KMGT]?)"
    found = re.search(rf"\({number}\) exceeds available HBM \({number}\)", message) or re.search(
        rf"Used {number} of {number} hbm", message
    )
    if not found:
        return None
    scale = {"": 2**-30, "K": 2**-20, "M": 2**-10, "G": 1.0, "T": 2**10}
    needed, needed_unit, available, available_unit = found.groups()
    return float(needed) * scale[needed_unit], float(available) * scale[available_unit]
