"""The criteria of fig2_inside_convnet on planted records, and its input picture."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from dl_jax.errors import DataError
from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import HOLDS, Answer
from experiments import fig2_inside_convnet as experiment

MODULES = ("convolution 1", "pooling 1", "convolution 2", "pooling 2", "convolution 3")
PLAIN = {
    "scores": 0,
    "top_maps": 100,
    "accuracy": {"trained": 0.4, "untrained": 0.0},
    "whole_units": [1e-7] * 5,
    "one_pixel": [0.0, 0.4, 0.4, 0.5, 0.5],
    "not_shared": 0.9,
    "below": 0.0,
    "above": 1.0,
    "gradient": 1.5,
    "oriented": {"natural": 1.2, "permuted pixels": 0.4, "isotropic random phase": 0.3, "random phase": 1.2},
    "untrained filters": 0.4,
    "learned": {"trained": 0.3, "untrained": 0.0},
    "auc": {"of the class": 0.9, "of the next class": 0.1},
    "negative": {"relu": 0.0, "tanh": 0.5},
    "zeros": [0.6, 0.1, 0.5, 0.1, 0.5],
    "softplus_zeros": 0.0,
    "from_top": 1e-7,
    "from_another": 1.0,
}


EXACT = {
    "52.one_score_per_category",
    "94.same_features_everywhere",
    "95.nothing_flows_down",
    "98.no_negative_outputs",
    "99.scores_follow_from_top_maps",
}


def records(seeds=13, **changed):
    """Planted records, with some values changed."""
    plant, generator = PLAIN | changed, np.random.default_rng(0)

    def noisy(value, **at):
        return named(value + 0.01 * generator.normal(), **at)

    def by_module(value, **at):
        return named(np.broadcast_to(value, len(MODULES)), module=MODULES, **at)

    def by_state(values):
        return [noisy(value, state=state) for state, value in values.items()]

    def filters(values):
        """Sixteen filters, half of them better than the median by as much as the others are worse."""
        return values + np.linspace(-0.5, 0.5, 16) + 0.01 * generator.normal()

    def first_filters(pictures):
        return {
            "orientation_ratio": [
                named(filters(plant["oriented"][pictures]), "filter", state="trained"),
                named(filters(plant["untrained filters"]), "filter", state="untrained"),
            ],
            "filters_accuracy": by_state(plant["learned"]),
        }

    def metrics():
        return {
            "accuracy_above_chance": by_state(plant["accuracy"]),
            "least_class_auc": [noisy(value, scores=name) for name, value in plant["auc"].items()],
            "shift_difference": [
                by_module(plant["whole_units"], shift="whole units", weights="shared"),
                by_module(plant["one_pixel"], shift="one pixel", weights="shared"),
                by_module(plant["not_shared"], shift="whole units", weights="not shared"),
            ],
            "output_change": [named(plant["below"], layers="below"), named(plant["above"], layers="above")],
            "gradient_change": noisy(plant["gradient"]),
            "negative_share": [named(value, nonlinearity=name) for name, value in plant["negative"].items()],
            "zero_share": [
                by_module(plant["zeros"], nonlinearity="relu"),
                by_module(plant["softplus_zeros"], nonlinearity="softplus"),
            ],
            "score_difference_from_top_maps": [
                named(plant["from_top"], source="the picture"),
                named(plant["from_another"], source="another picture"),
            ],
        }

    counts = [named(plant["scores"], output="scores"), named(plant["top_maps"], output="top maps")]
    parts = [measured({"outputs_minus_categories": counts})]
    for seed in range(seeds):
        parts.append(measured(metrics(), seed=seed, dataset="a", image=""))
        parts += [
            measured(first_filters(pictures), seed=seed, pictures=pictures, photographs="b")
            for pictures in experiment.PICTURES
        ]
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_what_is_expected_supports_all():
    found = answers(records())
    assert {key for key, answer in found.items() if answer is Answer.EXACT} == EXACT
    assert {answer for key, answer in found.items() if key not in EXACT} == {Answer.SUPPORTED}


def test_exchanged_with_their_controls_nothing_is_supported():
    exchanged = [
        each._replace(test=each.test._replace(estimand=each.control), control=each.test.estimand)
        for each in experiment.CRITERIA
    ]
    assert not [verdict.key for verdict in judge(records(), exchanged) if verdict.verdict in HOLDS]


def test_everything_measured_is_judged_or_declared():
    assert unread(records(), experiment.CRITERIA, experiment.NOT_JUDGED) == []


def oriented(**changed):
    return {"oriented": PLAIN["oriented"] | {name.replace("_", " "): value for name, value in changed.items()}}


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"scores": 1}, "52.one_score_per_category"),
        ({"accuracy": {"trained": 0.1, "untrained": 0.0}}, "93.net_learned_its_task"),
        ({"whole_units": [0, 0, 0, 0, 0.01]}, "94.same_features_everywhere"),
        ({"one_pixel": [0.0, 0.4, 0.4, 0.0, 0.5]}, "94.pooling_breaks_equivariance"),
        ({"below": 1e-9}, "95.nothing_flows_down"),
        ({"gradient": 0.0}, "95.gradients_flow_down"),
        (oriented(natural=0.8), "96.median_filter_detects_edges"),
        (oriented(random_phase=0.8), "96.detectors_without_edges"),
        ({"learned": {"trained": 0.0, "untrained": 0.0}}, "96.controls_learned"),
        ({"auc": {"of the class": 0.5, "of the next class": 0.5}}, "97.scores_rank_their_class"),
        ({"negative": {"relu": 0.001, "tanh": 0.5}}, "98.no_negative_outputs"),
        ({"zeros": [0.6, 0.1, 0.1, 0.1, 0.5]}, "98.many_outputs_are_zero"),
        ({"from_top": 0.01}, "99.scores_follow_from_top_maps"),
    ],
)
def test_each_criterion_can_fail(planted, key):
    assert answers(records(**planted))[key] is Answer.REFUTED


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"top_maps": 0}, "52.one_score_per_category"),
        ({"accuracy": {"trained": 0.4, "untrained": 0.4}}, "93.net_learned_its_task"),
        ({"not_shared": 0.0}, "94.same_features_everywhere"),
        ({"above": 0.0}, "95.nothing_flows_down"),
        (oriented(permuted_pixels=1.2), "96.median_filter_detects_edges"),
        (oriented(isotropic_random_phase=1.2), "96.median_filter_detects_edges"),
        ({"untrained filters": 1.2}, "96.median_filter_detects_edges"),
        (oriented(isotropic_random_phase=1.2), "96.detectors_without_edges"),
        ({"auc": {"of the class": 0.9, "of the next class": 0.9}}, "97.scores_rank_their_class"),
        ({"negative": {"relu": 0.0, "tanh": 0.0}}, "98.no_negative_outputs"),
        ({"softplus_zeros": 0.5}, "98.many_outputs_are_zero"),
        ({"from_another": 0.0}, "99.scores_follow_from_top_maps"),
    ],
)
def test_a_supported_control_is_an_error(planted, key):
    assert answers(records(**planted))[key] is Answer.ERROR


def test_less_than_half_of_the_filters_are_not_the_median():
    """Seven of sixteen filters that detect edges, and nine that do not."""
    few = records()
    rows = tuple(
        row | {"value": 0.5} if row["metric"] == "orientation_ratio" and row["filter"] <= 9 else row for row in few
    )
    assert answers(Records(rows))["96.median_filter_detects_edges"] is Answer.REFUTED


def test_first_filters_start_small_and_nothing_else_does(quick_to_compile):
    net, x = experiment.stages(4), jnp.zeros((1, 12, 12, 3))
    ours, plain = experiment.model_of(net, 2), experiment.convnet(net, (), 2, experiment.NONLINEARITIES["relu"])
    mine, theirs = (jax.jit(model.init)(jax.random.key(0), x) for model in (ours, plain))
    np.testing.assert_allclose(mine["conv_01"]["w"], 0.2 * theirs["conv_01"]["w"], rtol=1e-6)
    np.testing.assert_array_equal(mine["conv_02"]["w"], theirs["conv_02"]["w"])
    np.testing.assert_array_equal(mine["layer_01"]["w"], theirs["layer_01"]["w"])


def test_an_unusable_photograph_is_refused_before_training(context, tmp_path):
    (tmp_path / "photo.jpg").write_text("no photograph")
    with pytest.raises(DataError, match="is not an image in a supported format"):
        experiment.measure(experiment.Config(dataset="digits", image=str(tmp_path / "photo.jpg")), context)


def test_rows_of_numbers_are_refused(context, tmp_path):
    np.savez(tmp_path / "rows.npz", x=np.arange(60.0).reshape(20, 3), y=np.arange(20) % 2)
    with pytest.raises(DataError, match="must hold pictures of 4 x 4 pixels or more"):
        experiment.measure(experiment.Config(dataset=str(tmp_path / "rows.npz")), context)


def test_photographs_are_loaded_at_the_side_of_the_flag(context, monkeypatch):
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
    found = experiment.measure(experiment.Config(seeds=1, maps=2, steps=2, filter_steps=2, **files), context)
    np.testing.assert_allclose(found.array("picture").values.mean((0, 1)), [200, 100, 50])
    assert unread(found, experiment.CRITERIA, experiment.NOT_JUDGED) == []
    assert set(experiment.draw(found)) == {"figure_2", "first_filters", "zeros_and_shifts"}
