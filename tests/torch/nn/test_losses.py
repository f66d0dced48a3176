"""Every loss has PyTorch's values, slopes and slopes of slopes, for each reduction."""

import inspect

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine

from scratch import torch as ours
from scratch.torch.nn import functional as f

pytestmark = pytest.mark.filterwarnings("ignore:.*reduction:UserWarning")


def floats(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def probabilities(*shape):
    return torch.rand(*shape, dtype=torch.float64).clamp(0.01, 0.99).requires_grad_()


def signs(*shape):
    return torch.randint(2, shape).double() * 2 - 1


LOSSES = {
    "mse_loss": [lambda: ([floats(3, 4), floats(3, 4)], {})],
    "l1_loss": [lambda: ([floats(3, 4), floats(3, 4)], {})],
    "smooth_l1_loss": [lambda: ([floats(3, 4), floats(3, 4)], {}),
                       lambda: ([floats(9), floats(9)], {"beta": 0.3}),
                       lambda: ([floats(9), floats(9)], {"beta": 0.0})],
    "huber_loss": [lambda: ([floats(3, 4), floats(3, 4)], {}),
                   lambda: ([floats(9), floats(9)], {"delta": 0.3})],
    "binary_cross_entropy": [
        lambda: ([probabilities(3, 4), probabilities(3, 4).detach()], {}),
        lambda: ([probabilities(3, 4), probabilities(3, 4).detach(), torch.rand(4).double()], {}),
        lambda: ([torch.tensor([0.0, 1.0, 0.0, 1.0]), torch.tensor([0.0, 1.0, 1.0, 0.0])], {})],
    "binary_cross_entropy_with_logits": [
        lambda: ([floats(3, 4), probabilities(3, 4).detach()], {}),
        lambda: ([floats(3, 4), probabilities(3, 4).detach(), torch.rand(3, 4).double()], {}),
        lambda: ([100 * floats(3, 4).detach(), probabilities(3, 4).detach()],
                 {"pos_weight": torch.rand(4).double()})],
    "kl_div": [lambda: ([floats(3, 4), probabilities(3, 4).detach()], {}),
               lambda: ([floats(3, 4), torch.tensor([[0.0, 0.5, 0.5, 0.0]] * 3, dtype=torch.float64)], {}),
               lambda: ([floats(3, 4), floats(3, 4)], {"log_target": True}),
               lambda: ([floats(3, 4), probabilities(3, 4).detach()], {"reduction": "batchmean"})],
    "soft_margin_loss": [lambda: ([floats(3, 4), signs(3, 4)], {})],
    "hinge_embedding_loss": [lambda: ([floats(3, 4), signs(3, 4)], {"margin": 0.5})],
    "margin_ranking_loss": [lambda: ([floats(5), floats(5), signs(5)], {"margin": 0.2})],
    "cosine_embedding_loss": [lambda: ([floats(5, 3), floats(5, 3), signs(5)], {"margin": 0.1})],
    "triplet_margin_loss": [lambda: ([floats(5, 3), floats(5, 3), floats(5, 3)], {}),
                            lambda: ([floats(5, 3), floats(5, 3), floats(5, 3)],
                                     {"swap": True, "margin": 0.3})],
    "nll_loss": [lambda: ([floats(5, 3), torch.randint(3, (5,))], {}),
                 lambda: ([floats(5, 3, 2), torch.randint(3, (5, 2))], {"ignore_index": 1}),
                 lambda: ([floats(5, 3), torch.randint(3, (5,)), torch.rand(3).double()], {})],
}
CASES = [(name, make) for name, several in LOSSES.items() for make in several]


@pytest.mark.parametrize("name, make", CASES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(CASES)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_values_and_slopes(name, make, reduction):
    """Oracle: torch.nn.functional, in float64."""
    inputs, settings = make()
    settings = {"reduction": reduction} | settings
    assert_same_function(lambda *xs: getattr(f, name)(*xs, **mine(settings)),
                         lambda *xs: getattr(F, name)(*xs, **settings), inputs, 1e-8, 1e-9,
                         second=name not in ("nll_loss", "binary_cross_entropy_with_logits"))


@pytest.mark.parametrize("shapes, dim", [(((4, 3), (4, 3)), 1), (((4, 3), (3,)), -1),
                                         (((2, 1, 5), (3, 5)), 2), (((4,), (4,)), 0)])
def test_cosine_similarity(shapes, dim):
    """Oracle: torch.nn.functional, also for a vector of zeros."""
    a, b = (floats(*shape) for shape in shapes)
    assert_same_function(lambda a, b: f.cosine_similarity(a, b, dim), lambda a,
                         b: F.cosine_similarity(a, b, dim),
                         [a, b], 1e-8, 1e-9)
    zeros = torch.zeros(shapes[0], dtype=torch.float64)
    assert_like(f.cosine_similarity(mine(zeros), mine(b), dim), F.cosine_similarity(zeros, b, dim))
    assert_like(ours.nn.CosineSimilarity(dim)(mine(a), mine(b)), torch.nn.CosineSimilarity(dim)(a, b), 1e-9)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_pairwise_distance(p):
    """Oracle: torch.nn.functional."""
    for keepdim in (False, True):
        assert_same_function(lambda a, b: f.pairwise_distance(a, b, p, keepdim=keepdim),    # noqa: B023
                             lambda a, b: F.pairwise_distance(a, b, p, keepdim=keepdim),    # noqa: B023
                             [floats(4, 3), floats(4, 3)], 1e-8, second=False)
    assert_like(ours.nn.PairwiseDistance(p)(ours.ones(2, 3), ours.zeros(2, 3)),
                torch.nn.PairwiseDistance(p)(torch.ones(2, 3), torch.zeros(2, 3)))


MODULES = {
    "CrossEntropyLoss": ({"weight": torch.tensor([1.0, 2.0, 3.0]), "label_smoothing": 0.1, "ignore_index": 1},
                         lambda: [torch.randn(5, 3), torch.randint(3, (5,))]),
    "NLLLoss": ({"reduction": "sum"}, lambda: [torch.randn(5, 3), torch.randint(3, (5,))]),
    "MSELoss": ({"reduction": "none"}, lambda: [torch.randn(3), torch.randn(3)]),
    "L1Loss": ({}, lambda: [torch.randn(3), torch.randn(3)]),
    "SmoothL1Loss": ({"beta": 0.5}, lambda: [torch.randn(3), torch.randn(3)]),
    "HuberLoss": ({"delta": 0.5}, lambda: [torch.randn(3), torch.randn(3)]),
    "BCELoss": ({}, lambda: [torch.rand(3), torch.rand(3)]),
    "BCEWithLogitsLoss": ({"pos_weight": torch.tensor([1.0, 2.0, 3.0])},
                          lambda: [torch.randn(3), torch.rand(3)]),
    "KLDivLoss": ({"reduction": "batchmean"}, lambda: [torch.randn(2, 3), torch.rand(2, 3)]),
    "SoftMarginLoss": ({}, lambda: [torch.randn(3), torch.ones(3)]),
    "HingeEmbeddingLoss": ({"margin": 2.0}, lambda: [torch.randn(3), torch.tensor([1, -1, 1])]),
    "MarginRankingLoss": ({"margin": 0.5}, lambda: [torch.randn(3), torch.randn(3), torch.ones(3)]),
    "CosineEmbeddingLoss": ({}, lambda: [torch.randn(2, 3), torch.randn(2, 3), torch.ones(2)]),
    "TripletMarginLoss": ({"p": 1.0}, lambda: [torch.randn(2, 3), torch.randn(2, 3), torch.randn(2, 3)]),
}


@pytest.mark.parametrize("name, case", MODULES.items(), ids=MODULES)
def test_modules_compute_read_and_keep_what_pytorchs_do(name, case):
    """Oracle: the module of torch.nn with the same settings."""
    settings, make = case
    a, b = getattr(ours.nn, name)(**mine(settings)), getattr(torch.nn, name)(**settings)
    inputs = make()
    assert_like(a(*mine(inputs)), b(*inputs), 1e-5, 1e-6)
    assert repr(a) == repr(b) and list(a.state_dict()) == list(b.state_dict())
    assert a.reduction == b.reduction


@pytest.mark.parametrize("wrong", [
    lambda f, lib: f.mse_loss(lib.ones(2), lib.ones(3)), lambda f,
    lib: f.mse_loss(lib.ones(2), lib.ones(2), reduction="x"),
    lambda f, lib: f.binary_cross_entropy(lib.ones(2) * 2, lib.ones(2)),
    lambda f, lib: f.binary_cross_entropy(lib.ones(2), lib.ones(3)),
    lambda f, lib: f.binary_cross_entropy_with_logits(lib.ones(2), lib.ones(3)),
    lambda f, lib: f.smooth_l1_loss(lib.ones(2), lib.ones(2), beta=-1.0),
    lambda f, lib: f.huber_loss(lib.ones(2), lib.ones(2), delta=0.0),
    lambda f, lib: f.mse_loss(lib.tensor([1, 2]), lib.tensor([1, 3])),
    lambda f, lib: f.smooth_l1_loss(lib.tensor([1, 2]), lib.tensor([1, 3])),
    lambda f, lib: f.huber_loss(lib.tensor([1, 2]), lib.tensor([1, 3])),
    lambda f, lib: f.l1_loss(lib.tensor([1, 2]), lib.tensor([1, 3])),
    lambda f, lib: f.nll_loss(lib.tensor([[1, 2]]), lib.tensor([1])),
    lambda f, lib: f.binary_cross_entropy(lib.tensor([1, 0]), lib.tensor([1, 0])),
    lambda f, lib: f.binary_cross_entropy(lib.tensor([1.0, 0.0]), lib.tensor([1, 0])),
    lambda f, lib: f.kl_div(lib.tensor([1, 0]), lib.tensor([1, 0])),
    lambda f, lib: f.kl_div(lib.tensor([1.0, 0.0]), lib.tensor([1, 0])),
    lambda f, lib: f.soft_margin_loss(lib.tensor([1, 2]), lib.tensor([1.0, -1.0])),
    lambda f, lib: f.cosine_similarity(lib.tensor([[1, 2]]), lib.tensor([[1, 2]])),
    lambda f, lib: lib.nn.MSELoss(weights=3), lambda f,
    lib: lib.nn.CrossEntropyLoss(None, None, -100, None, "mean", 0.0, 1),
])
@pytest.mark.filterwarnings("ignore")
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, f, ours) is error_of(wrong, F, torch)


def test_shapes_that_broadcast_are_warned_of():
    with pytest.warns(UserWarning, match="seldom meant"):
        assert_like(f.mse_loss(ours.ones(3, 1), ours.zeros(3)), torch.tensor(1.0))


@pytest.mark.parametrize("name, case", MODULES.items(), ids=MODULES)
@pytest.mark.parametrize("older", [{"size_average": False}, {"reduce": False},
                                   {"size_average": True, "reduce": True}])
def test_two_older_arguments_stand_for_a_reduction(name, case, older):
    """Oracle: torch.nn, which warns too."""
    if name == "HuberLoss":    # which is younger
        return
    inputs = case[1]()
    with pytest.warns(UserWarning, match="size_average"):
        a = getattr(ours.nn, name)(**older)(*mine(inputs))
    with pytest.warns(UserWarning, match="size_average"):
        assert_like(a, getattr(torch.nn, name)(**older)(*inputs), 1e-5, 1e-6)


@pytest.mark.parametrize("name", MODULES)
def test_settings_stand_in_pytorchs_order(name):
    """Oracle: the signature of PyTorch's class."""
    there = list(inspect.signature(getattr(torch.nn, name)).parameters)
    assert list(getattr(ours.nn, name).settings) == there
