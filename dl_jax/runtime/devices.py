"""The devices that this run has."""

import os
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import jax

from dl_jax.errors import FlagError
from dl_jax.scale import processes, tpu_compiler


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_up(require: str = "any", distributed: str = "off", group: int = 1) -> None:
    """Find the processes and the devices of this run; refuse any kind but the required one.

    Every core is a device of its own where there is no accelerator. Call it before the first computation: JAX fixes
    its devices then. FlagError where the devices are of another kind, or do not make groups of `group`.
    """
    jax.config.update("jax_num_cpu_devices", max(1, cores() // max(1, processes.started_here())))
    if not jax.config.jax_compilation_cache_dir:
        jax.config.update(
            "jax_compilation_cache_dir", str(Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "dl_jax")
        )
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    processes.join(distributed)
    # With libtpu installed and no TPU there, its complaints would stand before everything that is said.
    held_back = tpu_compiler.quiet() if find_spec("libtpu") and require != "tpu" else nullcontext()
    with held_back:
        kind = jax.default_backend()
    if require not in ("any", kind):
        raise FlagError(
            f"--require_device={require}, but JAX finds {kind} only; for an accelerator install its plug-in with "
            f"EXTRAS={'tpu' if require == 'tpu' else 'cuda13'} bash launch/local.sh ..."
        )
    if jax.device_count() % group:
        raise FlagError(
            f"--data_parallel times --model_parallel is {group}, and the {jax.device_count()} devices here do not make "
            f"groups of {group}"
        )
    if jax.process_count() > 1:
        told = processes.table()
        processes.quiet_unless_first()
        print(told, flush=True)
