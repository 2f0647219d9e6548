"""The page of the public names, made from their signatures and docstrings.

python -m dl_jax.runtime.api_page > dl_jax/api.md
"""

import inspect
import sys
from types import ModuleType

import dl_jax as dl

INTRODUCTION = """\
# The public names of dl_jax

`import dl_jax as dl` gives these. This page is made from the docstrings by `python -m dl_jax.runtime.api_page`.
"""


def page() -> str:
    """Return the page as Markdown: an entry for each public name, by alphabet."""
    return "\n".join([INTRODUCTION, *(_entry(f"dl.{name}", getattr(dl, name)) for name in dir(dl))])


def _entry(name, thing) -> str:
    if isinstance(thing, ModuleType):
        functions = [getattr(thing, each) for each in ("names", "run")]
        parts = [_entry(f"{name}.{function.__name__}", function) for function in functions]
        return "\n".join([f"## {name}\n\n{inspect.getdoc(thing)}\n", *parts])
    if not callable(thing):
        return f"## {name}\n\nA table of {len(thing)} by name: {', '.join(thing)}.\n"
    kind = "class" if inspect.isclass(thing) else "def"
    return f"## {name}\n\n```\n{kind} {name}{_signature(thing)}\n\n{inspect.getdoc(thing)}\n```\n"


def _signature(thing) -> str:
    """The parameters with their defaults; a type is named in the docstring where it matters."""
    parameters = inspect.signature(thing).parameters.values()
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    text = str(inspect.Signature(plain))
    return text if " at 0x" not in text else "(" + ", ".join(parameter.name for parameter in plain) + ")"


if __name__ == "__main__":
    sys.stdout.write(page())
