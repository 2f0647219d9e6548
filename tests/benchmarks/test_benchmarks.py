"""The benchmark runs and writes its files; speed is not tested here."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from tests.benchmarks.tasks import GAINS, NETS, Images

ROOT = Path(__file__).parents[2]
SMALL = ("--rounds=1", "--steps=30", "--depths=1", "--seeds=1", "--widths=2", "--trials=3", "--without_torch")
TORCH = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch, from the extra `bench`")


def benchmark(*flags):
    command = [sys.executable, "-m", "tests.benchmarks", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_small_round_writes_json_and_a_picture(tmp_path):
    done = benchmark(*SMALL, "--only=reference,tiny", f"--output_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["benchmarks.json", "benchmarks.png", "benchmarks.svg"]
    assert (tmp_path / "benchmarks.png").read_bytes().startswith(b"\x89PNG")
    results = json.loads((tmp_path / "benchmarks.json").read_text())
    assert (results["steps"], results["rounds"]) == (30, 1)
    assert {"jax", "flax"} <= set(results["machine"]["versions"])
    assert {"P3", "P4"} <= set(results["summary"]["ratios"])
    library, flax = (results["raw"][0]["reference"][competitor] for competitor in ("library", "flax"))
    assert library["flops"] == pytest.approx(52.4e6 * 30 * 4, rel=0.01)  # 52.4 MFLOP a step at depth 1
    assert len(library["cells"]) == len(flax["cells"]) == 4
    for cell in library["cells"] + flax["cells"]:
        assert np.isfinite(cell["train_loss"])
    ends = results["summary"]["ends"]["reference"]
    assert ends["flax"]["test_accuracy_mean"] == pytest.approx(ends["library"]["test_accuracy_mean"], abs=0.15)


@TORCH
@pytest.mark.slow
def test_a_small_round_of_convolutions_is_compared_with_torch(tmp_path):
    done = benchmark("--rounds=1", "--only=convnet,lenet5", "--image_steps=6", f"--output_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "benchmarks.json").read_text())
    goals = {f"P10 {net}{peer}" for net in NETS for peer in ("", " pinned")}
    assert set(results["summary"]["ratios"]) == goals
    assert results["raw"][0]["convnet"]["library"]["flops"] == pytest.approx(8.65e9 * 6 * 4, rel=0.2)  # less edges
    assert {
        len(results["raw"][0]["lenet5"][competitor]["cells"]) for competitor in ("library", "torch", "torch pinned")
    } == {4}
    assert (tmp_path / "benchmarks.png").read_bytes().startswith(b"\x89PNG")


@TORCH
@pytest.mark.slow
@pytest.mark.parametrize("net", NETS)
def test_torch_and_the_library_compute_the_same_scores(net):
    import torch

    from tests.benchmarks.peers_torch import convolutional

    task, (stages, hidden) = Images(net), NETS[net]
    torch_net = convolutional(task)
    library_net = convnet([Stage(m, k, padding=p) for m, k, p in stages], hidden, task.classes, NONLINEARITIES["relu"])
    x_BxHxWx1 = np.random.default_rng(0).standard_normal((3, 28, 28, 1), np.float32)
    layers = [layer for layer in torch_net if hasattr(layer, "weight")]
    weights = [layer.weight.detach().numpy() for layer in layers]
    params = {
        f"conv_{n:02}": {"w": w.transpose(2, 3, 1, 0), "b": np.zeros(len(w), np.float32)}
        for n, w in enumerate(weights[:2], 1)
    }
    maps, top = len(weights[1]), weights[2]
    side = int((top.shape[1] // maps) ** 0.5)
    weights[2] = top.reshape(-1, maps, side, side).transpose(0, 2, 3, 1).reshape(top.shape)  # to channels last
    params |= {f"layer_{n:02}": {"w": w.T, "b": np.zeros(len(w), np.float32)} for n, w in enumerate(weights[2:], 1)}
    with torch.no_grad():
        scores = torch_net(torch.from_numpy(x_BxHxWx1).permute(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(library_net.apply(params, x_BxHxWx1), scores, rtol=1e-4, atol=1e-5)


def test_all_competitors_have_the_librarys_initial_gains():
    assert {name: NONLINEARITIES[name].gain for name in GAINS} == GAINS


@pytest.mark.parametrize("flag", ["--rounds=0", "--only=huge", "--stepps=3"])
def test_an_invalid_flag_is_refused_in_one_line(flag, tmp_path):
    done = benchmark(flag, f"--output_dir={tmp_path / 'out'}")
    assert done.returncode == 2
    assert "error:" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
