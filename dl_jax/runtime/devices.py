"""Set up the devices of a run."""

import os
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import jax

from dl_jax.errors import FlagError
from dl_jax.scale import processes, tpu_compiler


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_up(require: str = "any", distributed: str = "off", group: int = 1) -> None:
    """Connect the processes of this run and initialize JAX's devices.

    Without an accelerator every processor core becomes a device. Call this before the first computation, because JAX
    cannot change its devices afterwards. A compilation cache is set up unless the environment names one.

    require:     the kind of device that must be present: "cpu", "gpu", "tpu", or "any".
    distributed: whether to connect to processes that a cluster started: "auto", "off" or "on".
    group:       number of devices that train one model together.

    Raises FlagError if the devices are of another kind, or if their number is not a multiple of `group`.
    """
    jax.config.update("jax_num_cpu_devices", max(1, cores() // max(1, processes.local_process_count())))
    if not getattr(jax.config, "jax_compilation_cache_dir", None):
        jax.config.update(
            "jax_compilation_cache_dir", str(Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "dl_jax")
        )
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    processes.connect(distributed)
    # With libtpu installed and no TPU present, libtpu logs errors before anything else is printed.
    silenced = tpu_compiler.captured_stderr() if find_spec("libtpu") and require != "tpu" else nullcontext()
    with silenced:
        kind = jax.default_backend()
    if require not in ("any", kind):
        raise FlagError(
            f"--require_device={require}, but JAX finds {kind} only; for an accelerator install its plug-in with "
            f"EXTRAS={'tpu' if require == 'tpu' else 'cuda13'} bash launch/local.sh ..."
        )
    if jax.device_count() % group:
        raise FlagError(
            f"--data_parallel times --model_parallel is {group}, which does not divide the {jax.device_count()} "
            "available devices"
        )
    if jax.process_count() > 1:
        table = processes.table()
        processes.silence_unless_first()
        print(table, flush=True)
