"""The criteria of feature_hierarchy on planted records, and its controls."""

import numpy as np
import pytest

from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import feature_hierarchy as experiment
from experiments.feature_hierarchy.images import TRANSFORMS
from experiments.feature_hierarchy.layer_probes import AXES, CHANGED, LAYERS
from experiments.feature_hierarchy.metrics import SECOND_STAGES, STATES

NUISANCE = len(CHANGED) - 1


def moved(nuisances, objects):
    """share_moved: every nuisance the same, and another object."""
    return [[nuisance] * NUISANCE + [other] for nuisance, other in zip(nuisances, objects, strict=True)]


UNTRAINED = {
    "object_accuracy": (0.23, 0.49, 0.53, 0.52, 0.28),
    "nuisance_r2": [[value] * 5 for value in (0.5, 0.54, 0.55, 0.54, 0.46)],
    "parts_accuracy": (0.65, 0.78, 0.78, 0.74, 0.59),
    "log_scatter_ratio": (-2.2, -2.0, -1.8, -1.9, -1.9),
    "share_moved": moved((0.4, 0.4, 0.4, 0.4, 0.4), (0.57, 0.58, 0.55, 0.5, 0.49)),
    "picture_r2": (0.81, 0.42),
    "recognised": (1.0, 0.5),
    "unrecognised_accuracy": 0.3,
    "object_auc": 0.5,
    "parts_auc": 0.4,
    "test_accuracy": 0.12,
}
TRAINED = UNTRAINED | {
    "object_accuracy": (0.23, 0.67, 0.88, 0.97, 0.99),
    "nuisance_r2": [[value] * 5 for value in (0.6, 0.55, 0.5, 0.4, 0.2)],
    "parts_accuracy": (0.65, 0.8, 0.87, 0.97, 0.95),
    "log_scatter_ratio": (-2.2, -1.7, -1.0, -0.4, 0.2),
    "share_moved": moved((0.4, 0.45, 0.4, 0.33, 0.2), (0.57, 0.69, 0.73, 0.86, 0.96)),
    "picture_r2": (0.81, 0.11),
    "recognised": (1.0, 0.27),
    "unrecognised_accuracy": 0.97,
    "object_auc": 0.76,
    "parts_auc": 0.53,
    "test_accuracy": 0.98,
}
SECOND = {  # by SECOND_STAGES
    "conjunction": (0.0, 0.3, 0.02, 0.0),
    "arrangement": (0.2, 0.4, 0.2, 0.15),
    "motif_variance_share": (0.6, 0.76, 0.63, 0.74),
}
SCORES = {"natural": 1.3, "permuted pixels": 0.4, "isotropic random phase": 0.3, "random phase": 1.2}
IMAGE_ACCURACY = dict(zip(TRANSFORMS, (0.85, 0.78, 0.25, 0.5), strict=True))


def records(trained=(), untrained=(), second=(), scores=(), accuracies=(), spread=0.002, seeds=10):
    """Records of nets of which all statements hold, some values replaced."""
    generator = np.random.default_rng(0)
    states = {"untrained": UNTRAINED | dict(untrained), "trained": TRAINED | dict(trained)}
    scores, accuracies = SCORES | dict(scores), IMAGE_ACCURACY | dict(accuracies)

    def noisy(values):
        return np.asarray(values) + spread * generator.normal(size=np.shape(values))

    def planted():
        layers = {
            name: named(np.stack([noisy(states[state][name]) for state in STATES]), state=STATES, **AXES[name])
            for name in TRAINED
        }
        motifs = SECOND | dict(second)
        return layers | {name: named(noisy(value), second_stage=SECOND_STAGES) for name, value in motifs.items()}

    def filters(kind):
        return {
            "orientation_score": named(noisy((0.4, scores[kind])), state=STATES),
            "image_accuracy": named(noisy((0.02, accuracies[kind])), state=STATES),
        }

    return Records.gather(
        part
        for seed in range(seeds)
        for part in (
            measured(planted(), seed=seed),
            *(measured(filters(kind), seed=seed, images=kind, dataset="some") for kind in TRANSFORMS),
        )
    )


def verdict(of_records, key):
    return judge(of_records, [criterion for criterion in experiment.CRITERIA if criterion.key == key])[0]


def replace(name, layer, value, metrics=TRAINED):
    """A metric with another value in one layer."""
    labels = AXES[name]["layer"]
    return {name: [value if at == layer else old for at, old in zip(labels, metrics[name], strict=True)]}


def replace_moved(nuisance=None, other=None, **at):
    """share_moved of the trained net with other values in one layer."""
    rows = [list(row) for row in TRAINED["share_moved"]]
    row = rows[LAYERS.index(at["layer"])]
    row[:-1] = [nuisance or row[0]] * NUISANCE
    row[-1] = other or row[-1]
    return {"share_moved": rows}


def test_nets_of_which_all_statements_hold_support_them():
    answers = {verdict.key: verdict.verdict for verdict in judge(records(), experiment.CRITERIA)}
    assert answers == {criterion.key: Answer.SUPPORTED for criterion in experiment.CRITERIA}


def test_everything_measured_is_judged_or_declared():
    assert unread(records(), experiment.CRITERIA, experiment.NOT_JUDGED) == []


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"trained": {"log_scatter_ratio": (-2.2, -1.7, -1.6, -1.5, -1.45)}}, "1.several_levels"),
        ({"trained": replace("object_accuracy", "stage 3", 0.7)}, "21.each_module_more_abstract"),
        ({"trained": replace("recognised", "hidden", 0.6)}, "24.pictures_no_longer_recognised"),
        ({"trained": replace("recognised", "hidden", 0.45)}, "24.learning_hides_pictures"),
        ({"trained": replace("picture_r2", "hidden", 0.4)}, "24.less_is_reconstructed"),
        ({"trained": {"unrecognised_accuracy": 0.6}}, "25.unrecognised_yet_read"),
        ({"trained": replace_moved(other=0.6, layer="stage 2")}, "26.differences_of_class_strengthened"),
        ({"trained": replace_moved(nuisance=0.45, layer="stage 3")}, "27.nuisances_damped"),
        ({"trained": replace_moved(nuisance=0.5, layer="hidden")}, "27.every_nuisance_damped"),
        ({"scores": {"natural": 0.8}}, "28.first_filters_are_oriented"),
        ({"accuracies": {"isotropic random phase": 0.03}}, "28.controls_learn"),
        ({"scores": {"random phase": 0.8}}, "28.oriented_without_edges"),
        ({"second": {"conjunction": (0.0, 0.0, 0.0, -0.1)}}, "29.motifs_are_conjunctions"),
        ({"second": {"arrangement": (0.2, 0.15, 0.2, 0.1)}}, "29.arrangement_matters"),
        ({"second": {"motif_variance_share": (0.6, 0.63, 0.6, 0.7)}}, "30.small_shifts_are_tolerated"),
        ({"second": {"motif_variance_share": (0.6, 0.8, 0.6, 0.65)}}, "30.blur_tolerates_as_much"),
        ({"trained": {"parts_accuracy": (0.65, 0.8, 0.87, 0.9, 0.9)}}, "31.motifs_join_into_parts"),
        ({"trained": {"object_auc": 0.55}}, "32.objects_need_arrangement"),
        ({"trained": {"parts_auc": 0.75}}, "32.objects_need_arrangement"),
        ({"trained": replace("nuisance_r2", "stage 1", [0.7] * 5)}, "106.every_module"),
        ({"trained": replace("object_accuracy", "hidden", 0.3)}, "106.all_modules_together"),
    ],
)
def test_each_criterion_can_fail(planted, key):
    assert verdict(records(**planted), key).verdict is Answer.REFUTED


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"untrained": TRAINED}, "1.several_levels"),
        ({"untrained": TRAINED}, "21.each_module_more_abstract"),
        ({"untrained": TRAINED}, "25.unrecognised_yet_read"),
        ({"untrained": TRAINED}, "32.objects_need_arrangement"),
        ({"untrained": TRAINED}, "106.all_modules_together"),
        ({"trained": replace("recognised", "stage 1", 0.3)}, "24.pictures_no_longer_recognised"),
        ({"scores": {"isotropic random phase": 1.2}}, "28.first_filters_are_oriented"),
        ({"scores": {"permuted pixels": 1.2}}, "28.first_filters_are_oriented"),
        ({"second": {"arrangement": (0.2, 0.4, 0.4, 0.2)}}, "29.arrangement_matters"),
        ({"second": {"motif_variance_share": (0.6, 0.76, 0.76, 0.74)}}, "30.small_shifts_are_tolerated"),
    ],
)
def test_a_rival_of_which_the_statement_holds_is_an_error(planted, key):
    assert verdict(records(**planted), key).verdict is Answer.ERROR


@pytest.mark.parametrize(
    "parts_accuracy",
    [(0.65, 0.8, 0.92, 0.93, 0.93), (0.65, 0.93, 0.94, 0.95, 0.96), (0.65, 0.7, 0.75, 0.8, 0.9)],
)
def test_parts_are_not_the_third_stage_s_where_another_removes_as_many_errors(parts_accuracy):
    """They emerge in stage 2, in stage 1, or in the hidden layer."""
    found = verdict(records({"parts_accuracy": parts_accuracy}), "31.motifs_join_into_parts")
    assert found.verdict is not Answer.SUPPORTED


def test_an_equal_change_before_training_is_not_learned():
    """What an untrained net does to objects and nuisances as well is not evidence of 26 and 27."""
    planted = records(untrained={name: TRAINED[name] for name in ("share_moved", "log_scatter_ratio")})
    for key in ("26.differences_of_class_strengthened", "27.nuisances_damped"):
        assert verdict(planted, key).verdict in (Answer.INCONCLUSIVE, Answer.REFUTED)


def test_one_level_of_which_layers_are_copies_is_not_several():
    flat = {"log_scatter_ratio": (-1.0, -1.0, -1.0, -1.0, -1.0)}
    assert verdict(records(flat), "1.several_levels").estimate == 1


def test_106_names_the_modules_that_are_more_selective_and_more_invariant():
    planted = replace("nuisance_r2", "stage 1", [0.7] * 5)
    found = verdict(records(planted | replace("object_accuracy", "hidden", 0.99)), "106.every_module")
    assert found.scope.endswith("stage 2, stage 3, hidden")
