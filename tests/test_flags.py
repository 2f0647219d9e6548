"""Flags have one name for one thing in all experiments."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SHARED = {
    "batch_size": (("int",), "examples per step"),
    "centres": (("int",), "radial units"),
    "dataset": (("str",), "name of the data set, or a file"),
    "depths": (("tuple[int, ...]",), "numbers of hidden layers"),
    "detail": (("float",), "share of the difference between the classes of canids that is drawn"),
    "epochs": (("int",), "epochs of training"),
    "examples": (("int",), "number of examples"),
    "hidden": (("int", "tuple[int, ...]"), "units of the hidden layer, or of each hidden layer"),
    "image": (("str",), "an image file"),
    "learning_rate": (("float",), "learning rate"),
    "learning_rates": (("tuple[float, ...]",), "learning rates to choose from"),
    "manual_dir": (("str",), "folder with one folder of raw files for each data set"),
    "maps": (("int",), "feature maps of a convolution"),
    "methods": (("tuple[str, ...]",), "methods that are compared"),
    "nonlinearities": (("tuple[str, ...]",), "nonlinearities of the hidden layers"),
    "nuisances": (("tuple[str, ...]",), "what varies from image to image"),
    "optimizer": (("str",), "optimizer by name"),
    "photographs": (("str",), "name of a data set of photographs, or a file"),
    "seeds": (("int",), "number of seeds"),
    "side": (("int",), "pixels along an image"),
    "sizes": (("tuple[int, ...]",), "numbers of training examples"),
    "steps": (("int",), "training steps"),
    "widths": (("tuple[int, ...]",), "units of every hidden layer"),
    "width": (("int",), "units of a layer"),
}
"""{flag: (types, meaning)} of all flags that more than one experiment has, and of those with a fixed name."""

RETIRED = {
    "rates": "learning_rates",
    "rate": "learning_rate",
    "lr": "learning_rate",
    "passes": "epochs",
    "machines": "methods",
    "initial": "initializer",
    "data": "dataset",
    "layers": "depths",
    "units": "hidden",
    "batch": "batch_size",
    "counts": "sizes",
    "train_sizes": "sizes",
}
"""{other names for these things: the flag}."""


def flags() -> dict[str, dict[str, str]]:
    """Return {flag: {experiment: type}} of all experiments, read from their Config without importing them."""
    by_flag: dict[str, dict[str, str]] = defaultdict(dict)
    folder = ROOT / "experiments"
    for path in sorted((*folder.glob("[a-z]*.py"), *folder.glob("[a-z]*/__init__.py"))):
        name = path.parent.name if path.name == "__init__.py" else path.stem
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name == "Config":
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        by_flag[field.target.id][name] = ast.unparse(field.annotation)
    return by_flag


def test_flags_of_several_experiments_are_in_the_table_with_one_type():
    problems = []
    for flag, types in flags().items():
        if flag not in SHARED and len(types) > 1:
            problems.append(f"--{flag} of {', '.join(types)} is not in the table SHARED")
        allowed = SHARED[flag][0] if flag in SHARED else tuple(types.values())
        problems += [f"--{flag} of {name} is {kind}" for name, kind in types.items() if kind not in allowed]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("retired", "flag"), RETIRED.items())
def test_retired_names_of_flags_are_not_used(retired, flag):
    users = flags().get(retired, {})
    assert not users, f"--{retired} of {', '.join(users)} is --{flag}"
