"""The benchmark runs through and writes what it promises. Never how fast: that is what the benchmark itself is for."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dl_jax.models.nonlinearities import NONLINEARITIES
from tests.benchmarks.tasks import GAINS

ROOT = Path(__file__).parents[2]
SMALL = ("--rounds=1", "--steps=30", "--depths=1", "--seeds=1", "--widths=2", "--trials=3", "--without_torch")


def benchmark(*flags):
    command = [sys.executable, "-m", "tests.benchmarks", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_small_round_writes_json_and_a_picture(tmp_path):
    done = benchmark(*SMALL, f"--output_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["benchmarks.json", "benchmarks.png", "benchmarks.svg"]
    assert (tmp_path / "benchmarks.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads((tmp_path / "benchmarks.json").read_text())
    assert (found["steps"], found["rounds"]) == (30, 1)
    assert {"jax", "flax"} <= set(found["machine"]["versions"])
    assert {"P3", "P4"} <= set(found["summary"]["ratios"])
    library, flax = (found["raw"][0]["reference"][who] for who in ("library", "flax"))
    assert library["flops"] == pytest.approx(52.4e6 * 30 * 4, rel=0.01)  # 52.4 MFLOP a step at depth 1
    assert len(library["cells"]) == len(flax["cells"]) == 4
    for cell in library["cells"] + flax["cells"]:
        assert np.isfinite(cell["train_loss"])
    ends = found["summary"]["ends"]["reference"]
    assert ends["flax"]["test_accuracy_mean"] == pytest.approx(ends["library"]["test_accuracy_mean"], abs=0.15)


def test_all_competitors_start_at_the_librarys_scale():
    assert {name: NONLINEARITIES[name].gain for name in GAINS} == GAINS


@pytest.mark.parametrize("flag", ["--rounds=0", "--only=huge", "--stepps=3"])
def test_a_wrong_flag_is_one_line_and_nothing_runs(flag, tmp_path):
    done = benchmark(flag, f"--output_dir={tmp_path / 'out'}")
    assert done.returncode == 2
    assert "error:" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
