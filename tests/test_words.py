"""Plain terms of the field everywhere: no file uses the words and idioms that this project has retired."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SKIPPED = ("dl_jax/paper/statements.toml", "tests/test_words.py", "tests/test_flags.py")
"""The paper's statements, and the tests that list the retired words."""

ANYWHERE = {
    # names
    r"\bPlace\b": "Context",
    r"\bplace\s*=(?!=)|\bplace: (str|int|Place)\b|\bdef .*\bplace\b": "context, index",
    r"\bplace\.(keep|tell|plan|spend|saved|mesh|kind)\b": "context",
    r"\b(tell|keep|spend|saved)=": "progress, cached, cost, checkpointer",
    r"\blook=|\bdef _?look\b|\blooks\s*=": "evaluate, eval_steps",
    r"\bTOGETHER\b|\btogether=": "trials_per_device",
    r"\b[Ss]hown\b\s*[:=](?!=)|\bclass _?Shown\b": "subset, examples",
    r"^\s*(own|kept|asked|told|said|fed)\s*(,\s*\w+\s*)*[:=](?!=)|\bfound\s*=\s*[\[{]": "a noun that says what it is",
    r"\berror_T\b": "loss_T",
    r"\bjudged=": "within=",
    r"(?<!st\.)\bone_of\(|\bnames_of\(": "choice, decoded by the library",
    r"\b(of_bytes|side_by_side|twins|remembering|told_apart|right_side|unlike_x|share_out)\b": "field terms",
    r"\b(quiet|quiet_\w+|uncached|lacking|agreed|anywhere|start_here|started_here|Trainings|Whole)\(": "field terms",
    r'"suited"|=suited\b': "variance_preserving",
    r"--passes\b|\bconfig\.passes\b": "--epochs",
    r"--rates\b|\bconfig\.rates\b": "--learning_rates",
    r"--machines\b|\bconfig\.machines\b": "--methods",
    r"--initial\b|\bconfig\.initial\b": "--initializer",
    # words
    r"\bso many\b": "a number, by name",
    r"\bby lot\b": "random, at random",
    r"\b(told|tells?|telling)\b": "report, state, distinguish",
    r"\bknows\b": "has, contains",
    r"\bhears?\b|\bheard\b|\ban ear (that|for)\b": "receives, callback",
    r"\bblows?\b(?! up)": "per-example gradients",
    r"\bknobs?\b": "parameters",
    r"\bby turns\b|\b(a|one|each|every|per) turn\b": "step, update, alternating",
    r"\b(un)?bend(s|ing)?\b|\bbent\b": "affine residual, distort",
    r"\bdent(s|ed)?\b": "nonconvex",
    r"\blook(s|ed|ing)? at\b|\blook(s|ed|ing)? inside\b": "evaluate, plot, inspect",
    r"\bheld\b(?![ -](out|fixed|constant))": "kept, fixed, stored",
    r"\bfed\b(?! (in|into|to|through|back|forward)\b)": "given, subset",
    r"\bseen by\b": "used by, evaluated on",
    r"\bmend(s|ed|ing)?\b": "fix, remedy",
    r"\b(\d+|two|three|five|ten|few|more) passes\b(?! over)": "epochs",
    r"\b(each|every|best|chosen|outer) settings?\b": "hyperparameter, condition",
    r"(?<![Tt]here )\b(is|are|was|were) none\b": "none is, or a plain negative",
    r"(?<![Tt]here )\b(is|are|was|were) no (?!(longer|more|less|fewer|better|worse|larger|smaller)\b)": "is not a",
    r"(?<!people )(?<!person )(?<!users )(?<!reader )(?<!those )\b[Ww]ho(ever)?\b": "which model, method or process",
    r"\bthe house\b|\bhouse style\b": "package, common style",
    r"\brooms\b|\b(a|each|every|the|this) room\b|\broom\s*=|\bfor room in\b": "package, space",
    r"\bby heart\b|\bin peace\b|\bof an evening\b|\btheir tongues?\b|\bits tongue\b|\bso to speak\b": "the plain fact",
    r'^\s*("""|#)\s*Of\b': "a noun phrase, or a sentence with a verb",
}
"""{retired words: what to write}; case matters."""

MODELS = {r"\b(?<!kernel )(?<!vector )(?<!this )machines?\b(?! learning)": "model, method, host"}
"""In packages about models, a machine is the computer at most ("this machine")."""
ABOUT_MODELS = ("dl_jax/data/", "dl_jax/evidence/", "dl_jax/measures/", "dl_jax/models/", "dl_jax/report/")
ABOUT_MODELS += ("dl_jax/training/", "experiments/")

EXCEPTIONS = {
    "dl_jax/scale/locks.py": r"\bheld\b",
    "dl_jax/training/context.py": r"\bmachine\b",
    "tests/runtime/test_flags.py": r"--rates\b",
    "dl_jax/data/synthetic/canids.py": r"\bears?\b",
    "dl_jax/paper/statements.py": r"\bplace: str\b",
    "dl_jax/report/templates/report.html": r"\bplace ?=",
    "experiments/television_with_knobs": r"\b(knobs?|turn(s|ed)?|machine|blow)\b",
    "tests/experiments/television_with_knobs": r"\bknobs?\b|\bturn(s|ed)?\b",
    "tests/experiments/test_television_with_knobs.py": r"\bknobs?\b|\bturn(s|ed)?\b",
    "experiments/fig1a_space_distortion/": r"\b(un)?(bend(s|ing)?|bent)\b",
    "tests/experiments/fig1a_space_distortion/": r"\b(un)?(bend(s|ing)?|bent)\b",
    "tests/experiments/test_fig1a_space_distortion.py": r"\b(un)?(bend(s|ing)?|bent)\b",
}
"""{path or folder: words that are the right ones there}."""


def findings(path: str, text: str) -> list[str]:
    """Return "path:line: words -> what to write" for each line with retired words."""
    words = ANYWHERE | (MODELS if path.startswith(ABOUT_MODELS) else {})
    allowed = [pattern for prefix, pattern in EXCEPTIONS.items() if path.startswith(prefix)]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in allowed:
            line = re.sub(pattern, "", line)
        for pattern, instead in words.items():
            if match := re.search(pattern, line):
                found.append(f"{path}:{number}: {match[0].strip()!r} -> {instead}: {line.strip()[:80]}")
    return found


def files() -> list[str]:
    """Return the Python, Markdown, TOML, notebook and template files under version control or about to be."""
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        "*.py",
        "*.md",
        "*.toml",
        "*.html",
        "*.ipynb",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return sorted({path for path in listed if path not in SKIPPED and (ROOT / path).is_file()})


@pytest.mark.parametrize("path", files())
def test_no_retired_words(path):
    found = findings(path, (ROOT / path).read_text())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "def measure(config, place):",
        "context = Place(mesh)",
        '"""Of the trials, the first."""',
        "labels drawn by lot",
        "the flags tell which",
        "what was told",
        "a machine that learns",
        "for who comes back",
        "the test set is looked at",
        "so many are trained",
        "is none of ours",
        "it is no multiple of 8",
        "--passes=10 --rates=0.1",
        "five blows",
        "a dented landscape",
        "for every setting of the rate",
        "the house in order",
    ],
)
def test_retired_words_are_found(line):
    assert findings("experiments/example.py", line)


@pytest.mark.parametrize(
    "line",
    [
        "machine learning on this machine, kernel machines",
        "there is no file; it is no longer needed",
        "the held-out set; returns, overturns; look up the table",
        "two passes over the data; settings of the accelerator",
        "users who run it; in place of; took place",
        "the loss blows up; broadcast to hosts",
        "bash launch/local.sh television_with_knobs",
    ],
)
def test_plain_words_are_not_found(line):
    assert not findings("experiments/example.py", line)
