"""The reference of question 2, compared with Diffusers. Its t is ours minus 1, without an entry for clean data."""

import pytest
import torch

from solutions.diffusion import gaussian, samplers, schedules

diffusers = pytest.importorskip("diffusers")
DDIMScheduler, DDPMScheduler = diffusers.DDIMScheduler, diffusers.DDPMScheduler

T = 50


@pytest.fixture(params=["linear", "cosine"])
def betas(request):
    return schedules.linear_betas(T) if request.param == "linear" else schedules.cosine_betas(T)


def theirs(kind, betas, **settings):
    return kind(num_train_timesteps=T, trained_betas=betas[1:].numpy(), clip_sample=False, **settings)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_cosine_schedule_is_theirs():
    mine = schedules.cosine_betas(T)[1:]
    scheduler = DDPMScheduler(num_train_timesteps=T, beta_schedule="squaredcos_cap_v2")
    torch.testing.assert_close(mine.float(), scheduler.betas)


def test_linear_schedule_is_theirs_at_a_thousand_steps():
    scheduler = DDPMScheduler(
        num_train_timesteps=1000, beta_start=1e-4, beta_end=0.02, beta_schedule="linear"
    )
    torch.testing.assert_close(schedules.linear_betas(1000)[1:].float(), scheduler.betas)
    shares = schedules.cumulative_alphas(schedules.linear_betas(1000))[1:]
    torch.testing.assert_close(shares.float(), scheduler.alphas_cumprod, rtol=1e-4, atol=1e-7)


def test_noising_is_theirs(betas):
    x_0, noise, t = normal(5, 3, 2), normal(5, 3, 2, seed=1), torch.tensor([1, 2, 10, 30, T])
    mine = gaussian.q_sample(x_0, t, schedules.cumulative_alphas(betas), noise)
    torch.testing.assert_close(
        mine, theirs(DDPMScheduler, betas).add_noise(x_0, noise, t - 1), rtol=1e-4, atol=2e-5
    )


@pytest.mark.parametrize(("mine", "kind"), [("posterior", "fixed_small"), ("beta", "fixed_large")])
@pytest.mark.parametrize("t", [1, 2, 7, 30, T - 1])
def test_ddpm_step_is_theirs(betas, t, mine, kind):
    scheduler = theirs(DDPMScheduler, betas, variance_type=kind)
    x_t, eps_hat = normal(4, 3), normal(4, 3, seed=1)
    # Diffusers draws the noise inside; here the same generator draws it.
    their_step = scheduler.step(eps_hat, t - 1, x_t, generator=torch.Generator().manual_seed(7)).prev_sample
    shares = schedules.cumulative_alphas(betas)
    my_step = gaussian.ddpm_step(eps_hat, x_t, t, betas, shares, noise=normal(4, 3, seed=7), variance=mine)
    # Their coefficients have single precision, and their variance is at least 1e-20.
    torch.testing.assert_close(my_step, their_step, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("steps", [50, 10, 5])
def test_ddim_step_is_theirs(betas, steps, eta):
    scheduler = theirs(DDIMScheduler, betas, set_alpha_to_one=True, timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    shares, x_t, eps_hat, noise = (
        schedules.cumulative_alphas(betas),
        normal(4, 3),
        normal(4, 3, seed=1),
        normal(4, 3, seed=2),
    )
    times = samplers.strided_times(T, steps).tolist()
    assert times[:-1] == [t + 1 for t in scheduler.timesteps.tolist()]
    for k in range(steps):
        if times[k] > 0.98 * T:
            continue  # there a cosine schedule leaves 1e-6 of the signal, too little for a division in single precision
        theirs_now = scheduler.step(eps_hat, times[k] - 1, x_t, eta=eta, variance_noise=noise).prev_sample
        mine = gaussian.ddim_step(eps_hat, x_t, times[k], times[k + 1], shares, eta=eta, noise=noise)
        torch.testing.assert_close(mine, theirs_now, rtol=1e-4, atol=1e-4)
