"""The README is short, and its Python runs as it stands."""

import re
from pathlib import Path

from dl_jax.evidence.verdicts import Answer

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_it_has_at_most_150_lines():
    assert len(README.splitlines()) <= 150


def test_its_python_trains_judges_and_has_at_most_12_lines(quick_to_compile):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    statements, last = code.rstrip().rsplit("\ndl.judge(", 1)
    assert len([line for line in code.splitlines() if line.strip() and "import" not in line]) <= 12
    names = {}
    exec(statements, names)
    (verdict,) = eval(f"dl.judge({last}", names)
    assert verdict.verdict in (Answer.SUPPORTED, Answer.REFUTED, Answer.INCONCLUSIVE)
    assert verdict.n == 9
