"""The reference of question 3, compared with independent libraries: torchvision's ResNet, PyTorch's counter."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from solutions.early_exit import inference, macs, resnet
from tests.oracles import partial_sums
from tests.oracles.early_exit_macs import network_macs
from tests.support.random_weights import random_state


def _network(generator, **arguments):
    network = resnet.EarlyExitResNet(**arguments)
    network.load_state_dict(random_state(network.state_dict(), generator))
    return network.eval()


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(3)


def test_macs_of_the_baseline():
    assert macs.exit_macs(resnet.EarlyExitResNet(exits=()), (3, 32, 32)).tolist() == [555_422_720]


@pytest.mark.parametrize("exits", [(), (1,), (2, 3), (1, 2, 3)])
@pytest.mark.parametrize("size", [(32, 32), (15, 22)])
def test_macs_equal_pytorchs_counter(generator, exits, size):
    network = _network(generator, width=8, exits=exits)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, *size))
    counts = macs.exit_macs(network, (3, *size))
    # The counter counts a multiply and an add as two operations.
    assert counts[-1].item() * 2 == counter.get_total_flops()
    assert torch.equal(counts, network_macs(10, 8, (2, 2, 2, 2), 3, exits, size))
    assert counts.diff().gt(0).all()


def test_macs_of_each_exit_equal_pytorchs_counter(generator):
    network = _network(generator, width=4, blocks=(1, 2, 1), exits=(1, 2))
    counts = macs.exit_macs(network, (3, 16, 16)).tolist()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        features, found = network.stem(torch.zeros(1, 3, 16, 16)), []
        for stage, head in zip(network.stages, network.heads, strict=True):
            features = stage(features)
            head(features)
            found.append(counter.get_total_flops() // 2)
    assert counts == found


@pytest.mark.parametrize(("channels", "stride"), [((4, 4), 1), ((4, 6), 1), ((4, 8), 2)])
def test_block_equals_torchvisions(generator, channels, stride):
    torchvision = pytest.importorskip("torchvision.models.resnet")
    ours = resnet.BasicBlock(*channels, stride)
    ours.load_state_dict(random_state(ours.state_dict(), generator))
    downsample = None
    if channels[0] != channels[1] or stride != 1:
        projection = nn.Conv2d(*channels, 1, stride=stride, bias=False)
        downsample = nn.Sequential(projection, nn.BatchNorm2d(channels[1]))
    theirs = torchvision.BasicBlock(*channels, stride, downsample)
    renamed = {name.replace("shortcut", "downsample"): value for name, value in ours.state_dict().items()}
    theirs.load_state_dict(renamed)
    x = torch.randn(3, channels[0], 9, 6, generator=generator)
    for mode in (True, False):
        torch.testing.assert_close(ours.train(mode)(x), theirs.train(mode)(x))


def test_baseline_equals_torchvisions_resnet18(generator):
    torchvision = pytest.importorskip("torchvision.models")
    ours = _network(generator, exits=())
    theirs = torchvision.resnet18(num_classes=10)
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    names = {"stem.0.": "conv1.", "stem.1.": "bn1.", "heads.0.2.": "fc.", ".shortcut.": ".downsample."}
    names |= {f"stages.{i}.": f"layer{i + 1}." for i in range(4)}
    state = ours.state_dict()
    for old, new in names.items():
        state = {name.replace(old, new): value for name, value in state.items()}
    theirs.load_state_dict(state)
    x = torch.randn(2, 3, 32, 32, generator=generator)
    with torch.no_grad():
        torch.testing.assert_close(ours(x)[0], theirs.eval()(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("threshold", [0.0, None, 10.0])
def test_every_stage_computes_only_the_remaining_rows(generator, threshold):
    network = _network(generator, num_classes=5, width=4, blocks=(1, 1, 1, 1), exits=(1, 3))
    x = torch.randn(13, 3, 16, 16, generator=generator)
    with torch.no_grad():
        entropies = inference.entropy(network(x))
    threshold = entropies[0].median().item() if threshold is None else threshold
    chosen = inference.exit_index(entropies, threshold)
    rows: dict[str, list[int]] = {}
    for name in ("stem", *(f"stages.{i}" for i in range(4)), *(f"heads.{i}" for i in range(3))):
        module = network.get_submodule(name)
        module.register_forward_hook(
            lambda _, args, __, name=name: rows.setdefault(name, []).append(len(args[0]))
        )
    inference.infer(network, x, threshold)
    # The number of rows that remain after so many early exits.
    after = {0: 13, 1: int((chosen > 0).sum()), 2: int((chosen > 1).sum())}
    before = {
        "stem": 0,
        "stages.0": 0,
        "stages.1": 1,
        "stages.2": 1,
        "stages.3": 2,
        "heads.0": 0,
        "heads.1": 1,
        "heads.2": 2,
    }
    assert rows == {name: [after[passed]] for name, passed in before.items() if after[passed]}


@pytest.mark.parametrize(
    ("blocks", "exits"),
    [
        ((), ()),
        ((1, 1, 1, 1, 1), ()),
        ((1, 0), ()),
        ((1, 1), (2,)),
        ((1, 1), (0,)),
        ((1, 1, 1), (2, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_impossible_networks_are_refused(blocks, exits):
    with pytest.raises(ValueError):
        resnet.EarlyExitResNet(width=2, blocks=blocks, exits=exits)


def test_far_tail_of_the_oracle():
    # mpmath 1.3 at 40 digits: ncdf(mpf('-10.48576')) and ncdf(-37).
    found = partial_sums.normal_cdf(torch.tensor([-10.48576, -37.0], dtype=torch.float64))
    expected = torch.tensor([5.0217449699139241e-26, 5.7255712225245768e-300], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0.0)
