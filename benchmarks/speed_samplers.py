"""The cost of a sampling loop, compared with its network's calls and with the same loop with Diffusers' schedulers.

A loop and bare calls differ by one or two percent, much less than two runs of the same network differ. So the time that
a loop spends outside its network is measured separately, chain by chain, and added to calls of CALL_SECONDS, the
shortest calls for which the targets hold. The direct ratios of whole chains are printed as well, without a target.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import DDIMScheduler, DDPMScheduler
from torch import Tensor, nn

from benchmarks.turns import Row, compare, quartiles, take_turns
from solutions.diffusion import samplers, schedules
from solutions.given.networks import mlp

SHAPE = (256, 64)  # the digits of questions 1 and 2
STEPS = 20  # calls of the network in every loop
LONG = 100  # steps of the chain; DDIM visits STEPS of them
CALL_SECONDS = 0.02  # a call of the network takes at least this long
MARGIN = 1.25  # factor for the choice of the network: later calls may be faster

Network = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Watched:
    """A network that records the time of each call, by the thread's clock."""

    network: Network
    calls: list[float] = field(default_factory=list)

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        started = time.thread_time()
        answer = self.network(x, t)
        self.calls.append(time.thread_time() - started)
        return answer


@dataclass
class Loop:
    """A sampling loop with the same noise in each run; a call appends the time of one chain outside its network.

    Attributes:
        sample: (network, generator) -> samples.
        network: the network that it calls.
        own: seconds outside the network per call of the network, chain by chain.
    """

    sample: Callable[[Network, torch.Generator], Tensor]
    network: Network
    own: list[float] = field(default_factory=list)

    def __call__(self) -> Tensor:
        watched = Watched(self.network)
        started = time.thread_time()
        samples = self.sample(watched, torch.Generator().manual_seed(0))
        self.own.append((time.thread_time() - started - sum(watched.calls)) / STEPS)
        assert len(watched.calls) == STEPS
        return samples


def measure(rounds: int) -> list[Row]:
    """The rows of all three samplers; the caller enters `turns.quiet`."""
    network = slow_network()
    x, t = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1)), torch.full(SHAPE[:1], STEPS)
    bare: list[float] = []

    @torch.no_grad()
    def calls() -> None:
        watched = Watched(network)
        for _ in range(STEPS):
            watched(x, t)
        bare.extend(watched.calls)

    loops = {name: Loop(sample, network) for name, sample in _loops().items()}
    for name in ("ddpm_sample", "ddim_sample"):  # a comparison needs the same steps
        mine, theirs = loops[name](), loops[_theirs(name)]()
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-3 * float(mine.abs().max()))
    times = take_turns({"calls": calls, **loops}, rounds)
    rows = [Row("one call of the network, in ms", 1e3 * statistics.median(bare), _in_ms(bare))]
    for name in ("ancestral_sample", "ddpm_sample", "ddim_sample"):
        rows.append(_row(f"{name} / bare calls", loops[name].own[-rounds:], [0.0] * rounds, 1.05))
    for name in ("ddpm_sample", "ddim_sample"):
        own = loops[name].own[-rounds:], loops[_theirs(name)].own[-rounds:]
        rows.append(_row(f"{name} / the same with Diffusers", *own, 1.0))
        rows.append(_whole(f"  outside the network: {name} / Diffusers", *own))
    for name in ("ancestral_sample", "ddpm_sample", "ddim_sample"):
        rows.append(compare(f"  whole chains: {name} / bare calls", times[name], times["calls"]))
    for name in ("ddpm_sample", "ddim_sample"):
        rows.append(compare(f"  whole chains: {name} / Diffusers", times[name], times[_theirs(name)]))
    return rows


def slow_network() -> nn.Module:
    """The network of the digits, made deeper until a call takes at least CALL_SECONDS."""
    x, t = torch.zeros(SHAPE), torch.ones(SHAPE[:1], dtype=torch.long)
    depth = 2
    while True:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = mlp.DenoisingMLP(SHAPE[1], width=512, depth=depth).eval()
            nn.init.normal_(network.answer.weight, std=0.02)  # without this, the untrained network returns 0
        watched = Watched(network)
        with torch.no_grad():
            for _ in range(10):
                watched(x, t)
        if min(watched.calls) >= MARGIN * CALL_SECONDS:
            return network
        depth += 1


def _loops() -> dict[str, Callable[[Network, torch.Generator], Tensor]]:
    betas, long_betas = schedules.linear_betas(STEPS), schedules.linear_betas(LONG)
    ddpm = DDPMScheduler(
        num_train_timesteps=STEPS,
        trained_betas=betas[1:].numpy(),
        clip_sample=False,
        variance_type="fixed_small",
    )
    ddim = DDIMScheduler(
        num_train_timesteps=LONG,
        trained_betas=long_betas[1:].numpy(),
        clip_sample=False,
        set_alpha_to_one=True,
        timestep_spacing="trailing",
    )
    return {
        "ancestral_sample": lambda network, g: samplers.ancestral_sample(network, SHAPE, STEPS, generator=g),
        "ddpm_sample": lambda network, g: samplers.ddpm_sample(network, SHAPE, betas, generator=g),
        "ddim_sample": lambda network, g: samplers.ddim_sample(
            network, SHAPE, long_betas, STEPS, generator=g
        ),
        _theirs("ddpm_sample"): lambda network, g: _diffusers_loop(ddpm, network, g),
        _theirs("ddim_sample"): lambda network, g: _diffusers_loop(ddim, network, g),
    }


def _theirs(name: str) -> str:
    return f"{name}, with Diffusers"


@torch.no_grad()
def _diffusers_loop(scheduler: Any, network: Network, generator: torch.Generator) -> Tensor:
    """The loop of the Diffusers pipelines; their t is our t minus 1."""
    scheduler.set_timesteps(STEPS)
    x = torch.randn(SHAPE, generator=generator)
    for t in scheduler.timesteps:
        eps_hat = network(x, (t + 1).expand(len(x)))
        x = scheduler.step(eps_hat, t, x, generator=generator).prev_sample
    return x


def _row(name: str, own: list[float], other: list[float], target: float) -> Row:
    """The time of a call with one loop, divided by the time of a call with another loop."""
    ratios = [(CALL_SECONDS + a) / (CALL_SECONDS + b) for a, b in zip(own, other, strict=True)]
    medians = statistics.median(own), statistics.median(other)
    ratio = (CALL_SECONDS + medians[0]) / (CALL_SECONDS + medians[1])
    figures = {"own_us": 1e6 * medians[0], "other_us": 1e6 * medians[1]}
    return Row(name, ratio, quartiles(ratios), target=target, figures=figures)


def _whole(name: str, own: list[float], other: list[float]) -> Row:
    """The ratio of the times outside the network alone."""
    ratios = [a / b for a, b in zip(own, other, strict=True)]
    return Row(name, statistics.median(own) / statistics.median(other), quartiles(ratios))


def _in_ms(seconds: list[float]) -> tuple[float, float]:
    first, third = quartiles(seconds)
    return 1e3 * first, 1e3 * third
