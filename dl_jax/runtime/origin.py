"""What made the numbers of a run: flags, code, data, versions and devices. Where these are equal, the numbers are."""

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
from dl_jax.scale.description import differences, flat

Origin = dict[str, Any]


def origin_of(experiment: Experiment, config: Flags, options: Options) -> Origin:
    """The origin of this run's numbers, of JSON's types."""
    return {
        "flags": json.loads(json.dumps(asdict(config))),
        "code": code.digest(code.measuring_code(Path(experiment.file))),
        "data": data_of(config),
        "versions": provenance.versions(),
        "device": provenance.device(options.data_parallel, options.model_parallel),
    }


def data_of(config: Flags) -> str:
    """What data a run sees: the set by name, and a picture of one's own. It changes when they would."""
    named = catalog.identity(config.dataset, config.manual_dir) if hasattr(config, "dataset") else "generated"
    image = getattr(config, "image", "")
    return f"{named}; {catalog.contents(Path(image).expanduser())}" if image else named


def made_by(origin: Origin, manifest: dict[str, Any]) -> bool:
    """Whether the results of this manifest have that origin."""
    return all(manifest.get(key) == value for key, value in origin.items())


def resumable(origin: Origin) -> Origin:
    """The origin, without how many devices there are: what is unfinished can be gone on with on more, or on fewer."""
    return origin | {"device": {key: origin["device"][key] for key in ("kind", "name")}}


def unfinished(name: str, origin: Origin, output: Path) -> Path:
    """The folder of an experiment's unfinished parts, one for each origin."""
    digest = sha256(json.dumps(resumable(origin), sort_keys=True).encode()).hexdigest()[:16]
    return output / ".unfinished" / f"{name}-{digest}"


def check_others(name: str, origin: Origin, output: Path) -> None:
    """FlagError where a training of this experiment was saved, is not over, and is of another origin.

    What it learned would be lost in silence, if the flags or the code have changed by mistake.
    """
    own = unfinished(name, origin, output)
    for other in sorted(own.parent.glob(f"{name}-*")):
        saved = any(path.name.isdigit() for path in other.glob("states-*/*/*"))
        if other != own and saved and (other / ORIGIN).is_file():
            origins = json.loads((other / ORIGIN).read_text()), resumable(origin)
            told = ", ".join(differences(*(flat(each, between=" ") for each in origins)))
            raise FlagError(
                f"{other} holds an unfinished training of another run: {told}; run it as before to go on with it, name "
                "another --output_dir, or delete that folder"
            )
