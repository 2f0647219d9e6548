"""The TPU compiler of libtpu, on a machine without a TPU: kept quiet, and its refusals made readable."""

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
    "TPU_SKIP_MDS_QUERY": "1",  # ask no metadata server what this machine is
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_ACCELERATOR_TYPE": "v5litepod-8",  # any known one: slices are named when they are compiled for
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",  # no chip is touched, so that a program that uses one need not be waited for
    "TPU_LOG_DIR": "disabled",
}


def prepare() -> None:
    """Set what libtpu reads as it loads, and keep JAX from looking for a TPU. Call it before JAX starts its devices."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if "tpu" in (jax.config.jax_platforms or "tpu").split(","):
        jax.config.update("jax_platforms", "cpu")


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what libtpu writes to stderr; show it if something fails here, unless that is told in a FlagError."""
    sys.stderr.flush()
    shown = False
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except FlagError:
            raise
        except BaseException:
            shown = True
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            if shown:
                held.seek(0)
                os.write(2, held.read())


@contextmanager
def uncached() -> Iterator[None]:
    """Keep what is compiled out of JAX's cache on disk, which cannot read back a program for devices not there."""
    before = jax.config.jax_enable_compilation_cache
    jax.config.update("jax_enable_compilation_cache", False)
    compilation_cache.reset_cache()
    try:
        yield
    finally:
        jax.config.update("jax_enable_compilation_cache", before)
        compilation_cache.reset_cache()


def lacking(message: str) -> tuple[float, float] | None:
    """(GiB needed, GiB there) if the compiler's message says that HBM is too small, in either of its two ways."""
    number = r"([\d.]+)([KMGT]?)"
    found = re.search(rf"\({number}\) exceeds available HBM \({number}\)", message) or re.search(
        rf"Used {number} of {number} hbm", message
    )
    if not found:
        return None
    scale = {"": 2**-30, "K": 2**-20, "M": 2**-10, "G": 1.0, "T": 2**10}
    needed, unit, there, other = found.groups()
    return float(needed) * scale[unit], float(there) * scale[other]
