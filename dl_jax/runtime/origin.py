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
    sources = [catalog.source_version(name, manual_dir) for name, manual_dir in config.data_sources()]
    if image := getattr(config, "image", ""):
        sources.append(catalog.file_version(Path(image).expanduser()))
    return "; ".join(sources) or "generated"


def identity_of(origin: Origin) -> Origin:
    """Return the origin without the number of devices, which may differ when a run is resumed."""
    return origin | {"device": {key: origin["device"][key] for key in ("kind", "name")}}


def digest_of(origin: Origin) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of an origin's identity: the name of the run's folder."""
    return sha256(json.dumps(identity_of(origin), sort_keys=True).encode()).hexdigest()[:12]


def unfinished_folder(name: str, origin: Origin, output: Path) -> Path:
    """Return the folder for the parts of an unfinished run."""
    return output / ".unfinished" / f"{name}-{digest_of(origin)}"


def check_unfinished(name: str, origin: Origin, output: Path) -> None:
    """Raise FlagError if this experiment has checkpoints of an unfinished training with another identity.

    Otherwise a changed flag or a change of the code would silently start the training from the beginning.
    """
    folder = unfinished_folder(name, origin, output)
    for other in sorted(folder.parent.glob(f"{name}-*")):
        has_checkpoints = any(path.name.isdigit() for path in other.glob("states-*/*/*"))
        if other != folder and has_checkpoints and (other / ORIGIN).is_file():
            identities = json.loads((other / ORIGIN).read_text()), identity_of(origin)
            changes = ", ".join(differences(*(flatten(each, separator=" ") for each in identities)))
            raise FlagError(
                f"{other} has checkpoints of an unfinished training of another run: {changes}; resume it with the "
                "command of that run, name another --output_dir, or delete that folder"
            )
