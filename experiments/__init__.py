"""One file a statement of the paper, or a few that belong together. The folder listing is the registry."""

import pkgutil


def listing() -> list[str]:
    """The experiments that there are, by name."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
