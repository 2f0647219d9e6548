"""The criteria of feature_hierarchy on planted records, and its controls."""

import numpy as np
import pytest

from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import feature_hierarchy as experiment
from experiments.feature_hierarchy.layer_probes import DISTANCES, LAYERS, PAIRED
from experiments.feature_hierarchy.metrics import AXES, BLUR, STATES

UNTRAINED = {
    "object_accuracy": (0.3, 0.6, 0.7, 0.6, 0.4, 0.2),
    "mean_nuisance_r2": (0.5, 0.56, 0.57, 0.55, 0.48, 0.3),
    "pixels_r2": (1.0, 0.86, 0.66, 0.55, 0.4, 0.2),
    "log_scatter_ratio": (-2.1, -1.8, -1.7, -1.7, -1.7, -1.7),
    "log_rms_nuisance_distance": (-0.1, -0.1, -0.1, 0.0, 0.0, 0.0),
    "motif_variance_share": (0.55, 0.64, 0.6, 0.5, 0.5, 0.5),
    "parts_accuracy": (0.7, 0.84, 0.84, 0.8, 0.6, 0.6),
    "parts_auc": (0.2, 0.3, 0.35, 0.4, 0.45, 0.5),
    "conjunctive_share": (0.0, 0.1, 0.1),
    "mean_alignment": ((0.88, 0.42), (0.0, 0.0)),
    "object_auc": 0.5,
    "orientation_score": 0.3,
}
TRAINED = UNTRAINED | {
    "object_accuracy": (0.3, 0.78, 0.91, 0.97, 0.99, 0.99),
    "mean_nuisance_r2": (0.6, 0.56, 0.5, 0.4, 0.3, 0.1),
    "pixels_r2": (1.0, 0.86, 0.67, 0.47, 0.1, 0.0),
    "log_scatter_ratio": (-2.1, -1.6, -1.0, -0.3, 0.2, 0.5),
    "log_rms_nuisance_distance": (-0.1, -0.2, -0.3, -0.5, -0.8, -0.9),
    "motif_variance_share": (0.55, 0.64, 0.76, 0.8, 0.8, 0.8),
    "parts_accuracy": (0.7, 0.9, 0.94, 0.98, 0.98, 0.95),
    "parts_auc": (0.2, 0.35, 0.4, 0.53, 0.6, 0.7),
    "conjunctive_share": (0.0, 0.4, 0.4),
    "mean_alignment": ((0.8, 0.13), (0.0, 0.0)),
    "object_auc": 0.8,
    "orientation_score": 1.6,
}
BLURRED = {"conjunctive_share": 0.0, "motif_variance_share": 0.8}


def records(trained=(), untrained=(), blurred=(), images=("planted",), natural_score=1.6, spread=0.002, seeds=6):
    """Records of a net of which all statements hold, some values replaced."""
    generator = np.random.default_rng(0)
    states = {"untrained": UNTRAINED | dict(untrained), "trained": TRAINED | dict(trained)}

    def noisy(values):
        return np.asarray(values) + spread * generator.normal(size=np.shape(values))

    def planted():
        blur = {
            name: named(noisy(value), state="trained", layer=BLUR)
            for name, value in {**BLURRED, **dict(blurred)}.items()
        }
        metrics = {
            name: [named(noisy(states[state][name]), state=state, **AXES.get(name, {})) for state in STATES]
            for name in TRAINED
        }
        return {name: [*each, *([blur[name]] if name in blur else [])] for name, each in metrics.items()}

    def filters(kind):
        scores = {"untrained": 0.3, "trained": natural_score if kind == "natural" else 1.6}
        return {"orientation_score": [named(noisy(score), state=state) for state, score in scores.items()]}

    return Records.gather(
        measured(planted(), seed=seed, images=kind)
        if kind == "planted"
        else measured(filters(kind), seed=seed, images=kind, dataset="some")
        for seed in range(seeds)
        for kind in images
    )


def verdicts(of_records):
    return {verdict.key: verdict for verdict in judge(of_records, experiment.CRITERIA)}


def replace(name, layer, value, metrics=TRAINED):
    """A metric with another value in one layer."""
    return {name: tuple(value if at == layer else old for at, old in zip(LAYERS, metrics[name], strict=False))}


def test_a_net_of_which_all_statements_hold_supports_them():
    by_key = verdicts(records())
    answers = {criterion.key: by_key[criterion.key].verdict for criterion in experiment.CRITERIA}
    against = {criterion.key for criterion in experiment.CRITERIA if criterion.role in ("limit", "contradicts")}
    assert {answer for key, answer in answers.items() if key not in against} == {Answer.SUPPORTED}
    assert Answer.ERROR not in answers.values()
    assert len(answers) == 20


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        (replace("mean_nuisance_r2", "hidden", 0.55), "1.nuisances_low_object_high"),
        (replace("log_scatter_ratio", "stage 2", -1.7), "21.each_module_more_abstract"),
        ({"mean_alignment": ((0.8, 0.75), (0.0, 0.0))}, "21.gradual_change"),
        (replace("pixels_r2", "hidden", 0.8), "24.pixels_lost_object_gained"),
        (replace("object_accuracy", "hidden", 0.4), "25.linear_layer_uses_features"),
        (replace("log_scatter_ratio", "hidden", -1.6), "26.class_is_amplified"),
        (replace("mean_nuisance_r2", "hidden", 0.5), "27.nuisances_are_suppressed"),
        (replace("log_rms_nuisance_distance", "hidden", -0.3), "27.nuisances_move_less"),
        ({"orientation_score": 0.8}, "28.first_filters_are_oriented"),
        ({"conjunctive_share": (0.0, 0.12, 0.1)}, "29.motifs_are_conjunctions"),
        (replace("motif_variance_share", "stage 2", 0.6), "30.small_shifts_are_tolerated"),
        (replace("parts_accuracy", "stage 3", 0.945), "31.motifs_join_into_parts"),
        ({"object_auc": 0.55}, "32.objects_need_arrangement"),
        (replace("parts_auc", "stage 3", 0.8), "32.objects_need_arrangement"),
        (replace("mean_nuisance_r2", "stage 1", 0.7), "106.every_module"),
        (replace("object_accuracy", "hidden", 0.35), "106.all_modules_together"),
    ],
)
def test_each_criterion_can_fail(planted, key):
    assert verdicts(records(planted))[key].verdict is Answer.REFUTED


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        (TRAINED, "1.nuisances_low_object_high"),
        (TRAINED, "25.linear_layer_uses_features"),
        ({"orientation_score": 1.5}, "28.first_filters_are_oriented"),
        ({"object_auc": 0.9}, "32.objects_need_arrangement"),
        (TRAINED, "106.every_module"),
    ],
)
def test_an_untrained_net_of_which_the_statement_holds_is_an_error(planted, key):
    assert verdicts(records(untrained=planted))[key].verdict is Answer.ERROR


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({}, "21.gradual_change_untrained", Answer.SUPPORTED),
        ({"untrained": {"mean_alignment": ((0.88, 0.85), (0.0, 0.0))}}, "21.gradual_change_untrained", Answer.REFUTED),
        ({}, "24.pixels_lost_untrained", Answer.SUPPORTED),
        ({"untrained": replace("pixels_r2", "hidden", 0.8, UNTRAINED)}, "24.pixels_lost_untrained", Answer.REFUTED),
        ({}, "27.low_layers_amplify_nuisances", Answer.REFUTED),
        ({"trained": replace("mean_nuisance_r2", "stage 1", 0.7)}, "27.low_layers_amplify_nuisances", Answer.SUPPORTED),
        ({}, "28.oriented_without_edges", Answer.NOT_RUN),
        ({"images": ("planted", "natural", "random phase")}, "28.oriented_without_edges", Answer.SUPPORTED),
        ({}, "30.blur_tolerates_as_much", Answer.SUPPORTED),
        ({"blurred": {"motif_variance_share": 0.6}}, "30.blur_tolerates_as_much", Answer.REFUTED),
    ],
)
def test_counter_evidence_can_fail_too(planted, key, answer):
    assert verdicts(records(**planted))[key].verdict is answer


def test_filters_from_photographs_decide_if_there_are_any():
    images, key = ("planted", "natural"), "28.first_filters_are_oriented"
    supported = verdicts(records(images=images))[key]
    assert supported.verdict is Answer.SUPPORTED
    assert "filters from some" in supported.scope
    assert verdicts(records(images=images, natural_score=0.0))[key].verdict is Answer.REFUTED


def test_106_names_the_modules_that_are_more_selective_and_more_invariant():
    verdict = verdicts(records(replace("mean_nuisance_r2", "stage 1", 0.7)))["106.every_module"]
    assert verdict.scope.endswith("stage 2, stage 3, hidden")


def test_planted_alignments_have_the_labels_of_the_measured_ones():
    assert list(AXES["mean_alignment"]) == ["pictures", "distance"]
    assert (PAIRED, DISTANCES) == (("paired", "unpaired"), ("neighbours", "far apart"))
