"""The origin of a run: the flags, code, data, versions and devices that determine its numbers."""

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from dl_jax.data import catalog
from dl_jax.errors import FlagError
from dl_jax.runtime import code, provenance
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags
from dl_jax.runtime.options import Options
from dl_jax.scale.checkpointed_run import ORIGIN
from dl_jax.scale.metadata import differences, flatten

Origin = dict[str, Any]


def origin_of(experiment: Experiment, config: Flags, options: Options) -> Origin:
    """Return the origin of a run, as JSON types."""
    return {
        "flags": json.loads(json.dumps(asdict(config))),
        "code": code.digest(code.measuring_code(Path(experiment.file))),
        "data": data_of(config),
        "versions": provenance.versions(),
        "device": provenance.device(options.data_parallel, options.model_parallel),
    }


def data_of(config: Flags) -> str:
    """Return a text that identifies the contents of the data sets and of the image of a run."""
    sources = [catalog.identity(name, manual_dir) for name, manual_dir in config.data_sources()]
    if image := getattr(config, "image", ""):
        sources.append(catalog.contents(Path(image).expanduser()))
    return "; ".join(sources) or "generated"


def made_by(origin: Origin, manifest: dict[str, Any]) -> bool:
    """Return whether the results with this manifest have the given origin."""
    return all(manifest.get(key) == value for key, value in origin.items())


def resumable(origin: Origin) -> Origin:
    """Return the origin without the number of devices: a run may be resumed on more devices, or on fewer."""
    return origin | {"device": {key: origin["device"][key] for key in ("kind", "name")}}


def unfinished_folder(name: str, origin: Origin, output: Path) -> Path:
    """Return the folder for the parts of an unfinished run."""
    digest = sha256(json.dumps(resumable(origin), sort_keys=True).encode()).hexdigest()[:16]
    return output / ".unfinished" / f"{name}-{digest}"


def check_unfinished(name: str, origin: Origin, output: Path) -> None:
    """Raise FlagError if this experiment has checkpoints of an unfinished training with another origin.

    Otherwise a changed flag or a change of the code would silently start the training from the beginning.
    """
    folder = unfinished_folder(name, origin, output)
    for other in sorted(folder.parent.glob(f"{name}-*")):
        has_checkpoints = any(path.name.isdigit() for path in other.glob("states-*/*/*"))
        if other != folder and has_checkpoints and (other / ORIGIN).is_file():
            origins = json.loads((other / ORIGIN).read_text()), resumable(origin)
            changes = ", ".join(differences(*(flatten(each, separator=" ") for each in origins)))
            raise FlagError(
                f"{other} has checkpoints of an unfinished training of another run: {changes}; resume it with the "
                "command of that run, name another --output_dir, or delete that folder"
            )
