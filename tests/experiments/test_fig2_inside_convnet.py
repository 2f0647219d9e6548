"""The judge of fig2_inside_convnet on planted records, and the picture that goes in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from dl_jax.errors import DataError
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import fig2_inside_convnet as experiment

NAMES = ("convolution 1", "pooling 1", "convolution 2", "pooling 2", "convolution 3")
PLAIN = {
    "more_scores_than_categories": 0,
    "more_maps_than_categories": 100,
    "above_chance_trained": 0.4,
    "above_chance_untrained": 0.0,
    "miss_whole": 1e-7,
    "miss_dealt": 0.9,
    "miss_one": [0.0, 0.4, 0.4, 0.5, 0.5],
    "changed_below": 0.0,
    "changed_above": 1.0,
    "gradient_changed": 1.5,
    "oriented_trained": 0.4,
    "oriented_untrained": 0.0,
    "ranks_trained": 0.9,
    "ranks_untrained": 0.5,
    "negative": 0.0,
    "negative_tanh": 0.5,
    "zeros_trained": [0.6, 0.1, 0.5, 0.1, 0.5],
    "zeros_softplus": 0.0,
    "unlike_top_row": 1e-7,
    "unlike_top_row_of_another": 1.0,
}
BY_MODULE = ("miss_whole", "miss_dealt", "miss_one", "zeros_trained", "zeros_softplus")


def records(seeds=6, maps=16, **planted):
    generator, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for metric, value in (PLAIN | planted).items():
            at = {"trial": seed, "seed": seed, "dataset": "a", "maps": maps, "image": "", "metric": metric}
            noise = 0.01 * generator.normal() if metric.startswith(("above", "gradient", "oriented", "ranks")) else 0.0
            if metric in BY_MODULE:
                values = np.broadcast_to(value, len(NAMES))
                rows += [at | {"module": m, "value": float(v)} for m, v in zip(NAMES, values, strict=True)]
            else:
                rows.append(at | {"value": float(value) + noise})
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_what_is_expected_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 11


@pytest.mark.parametrize(
    ("planted", "context"),
    [
        ({"more_scores_than_categories": 1}, 0),
        ({"above_chance_trained": 0.1}, 1),
        ({"miss_whole": [0, 0, 0, 0, 0.01]}, 2),
        ({"miss_one": [0.0, 0.4, 0.4, 0.0, 0.5]}, 3),
        ({"changed_below": 1e-9}, 4),
        ({"gradient_changed": 0.0}, 5),
        ({"oriented_trained": 0.05}, 6),
        ({"ranks_trained": 0.55}, 7),
        ({"negative": 0.001}, 8),
        ({"zeros_trained": [0.6, 0.1, 0.1, 0.1, 0.5]}, 9),
        ({"unlike_top_row": 0.01}, 10),
    ],
)
def test_each_criterion_can_fail(planted, context):
    assert answers(records(**planted))[context] is Answer.REFUTED


@pytest.mark.parametrize(
    ("planted", "context"),
    [
        ({"more_maps_than_categories": 0}, 0),
        ({"above_chance_untrained": 0.4}, 1),
        ({"miss_dealt": 0.0}, 2),
        ({"changed_above": 0.0}, 4),
        ({"oriented_untrained": 0.4}, 6),
        ({"ranks_untrained": 0.9}, 7),
        ({"negative_tanh": 0.0}, 8),
        ({"zeros_softplus": 0.5}, 9),
        ({"unlike_top_row_of_another": 0.0}, 10),
    ],
)
def test_a_control_that_passes_is_an_error(planted, context):
    assert answers(records(**planted))[context] is Answer.ERROR


def test_a_share_of_few_filters_is_not_judged():
    assert answers(records(maps=4))[6] is Answer.NOT_RUN


def test_first_filters_start_small_and_nothing_else_does(quick_to_compile):
    net, x = experiment.stages(4), jnp.zeros((1, 12, 12, 3))
    ours, plain = experiment.machine(net, 2), experiment.convnet(net, (), 2, experiment.NONLINEARITIES["relu"])
    mine, theirs = (jax.jit(model.init)(jax.random.key(0), x) for model in (ours, plain))
    np.testing.assert_allclose(mine["conv_01"]["w"], 0.2 * theirs["conv_01"]["w"], rtol=1e-6)
    np.testing.assert_array_equal(mine["conv_02"]["w"], theirs["conv_02"]["w"])
    np.testing.assert_array_equal(mine["layer_01"]["w"], theirs["layer_01"]["w"])


def test_rows_are_named_by_what_they_count():
    row = {"seed": 0, "value": 1.0}
    named = [
        experiment.named(row | extra, ("a", "b"), ("cat", "dog"))
        for extra in (
            {"metric": "maps_2", "map": 3},
            {"metric": "score", "layer": 2},
            {"metric": "is_oriented_trained", "layer": 2},
            {"metric": "zeros_trained", "layer": 1},
            {"metric": "negative"},
        )
    ]
    assert named[0] == row | {"metric": "maps", "module": "b", "map": 3}
    assert named[1] == row | {"metric": "score", "class": "dog"}
    assert named[2] == row | {"metric": "is_oriented_trained", "filter": 2}
    assert named[3] == row | {"metric": "zeros_trained", "module": "a"}
    assert named[4] == row | {"metric": "negative"}


def test_a_photograph_that_cannot_be_used_is_told_before_anything_is_trained(context, tmp_path):
    (tmp_path / "photo.jpg").write_text("no photograph")
    with pytest.raises(DataError, match="no picture of a kind that is read here"):
        experiment.measure(experiment.Config(dataset="digits", image=str(tmp_path / "photo.jpg")), context)


def test_pictures_that_are_none_are_refused(context, tmp_path):
    np.savez(tmp_path / "rows.npz", x=np.arange(60.0).reshape(20, 3), y=np.arange(20) % 2)
    with pytest.raises(DataError, match="must hold pictures of 4 x 4 pixels or more"):
        experiment.measure(experiment.Config(dataset=str(tmp_path / "rows.npz")), context)


def test_photographs_are_asked_for_at_the_side_that_was_typed(context, monkeypatch):
    def load(*asked):
        raise DataError(f"asked for {asked}")

    monkeypatch.setattr(experiment.catalog, "load", load)
    with pytest.raises(DataError, match=r"asked for \('imagenette', None, 128\)"):
        experiment.measure(experiment.Config(dataset="imagenette", side=128), context)


@pytest.mark.slow
def test_a_photograph_in_colour_is_drawn_with_its_colours(context, tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (30, 12, 12, 3)).astype(np.uint8)
    np.savez(tmp_path / "mine.npz", x=x, y=np.arange(30) % 2)
    Image.new("RGB", (40, 30), (200, 100, 50)).save(tmp_path / "photo.png")
    files = {"dataset": str(tmp_path / "mine.npz"), "image": str(tmp_path / "photo.png")}
    found = experiment.measure(experiment.Config(seeds=1, maps=2, steps=2, **files), context)
    picture = experiment.figure_2.pictures(found, "picture")
    np.testing.assert_allclose(picture.mean((1, 2)), [200, 100, 50])
    assert set(experiment.draw(found)) == {"figure_2", "first_filters", "zeros_and_shifts"}
