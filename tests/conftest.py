"""Strict modes for every test, set before JAX starts its devices; pyproject.toml makes warnings errors."""

import os
from contextlib import contextmanager
from pathlib import Path

import jax
import pytest
from hypothesis import settings

pytest_plugins = ["tests.fake_experiments"]

DEVICES = 8
"""Virtual CPU devices: what needs several of them is tested on any machine."""

if not jax.config.jax_platforms:
    jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", DEVICES)
# Shapes that fit only because an axis is added in silence hide mistakes.
jax.config.update("jax_numpy_rank_promotion", "raise")
if not jax.config.jax_compilation_cache_dir:
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "dl_jax"
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)

# The same examples each time, and none refused for being slow: a test must not depend on the machine.
settings.register_profile("dl_jax", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("dl_jax")


@pytest.fixture
def strict_types():
    """No silent change of number type. Not everywhere: optax's Adam raises a float to the power of an integer array."""
    with jax.numpy_dtype_promotion("strict"):
        yield


@contextmanager
def unoptimized():
    """Programs that compile in half the time and run slower: for whatever compiles for seconds and runs for none."""
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture
def quick_to_compile():
    """Leaves XLA's costly passes out."""
    with unoptimized():
        yield


@pytest.fixture(scope="session")
def quickly():
    """The same for a part of a test: `with quickly():`."""
    return unoptimized


@pytest.fixture(scope="session")
def context():
    """Two devices, silent and forgetful."""
    from dl_jax.training.context import local_context

    return local_context(2)
