"""Questions 2(a) and 2(c): the kinds of mistakes that live on: loss, steps and schedules."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.gaussian.noise_prediction_loss"


@wrong(
    "antithetic times: the second half of the batch gets T + 1 - t of another one, as the code of DDIM does",
    rarely="distribution",
)
@hint("Does one sample's time say anything about another's?")
def noise_loss_antithetic_halves(network, x_0, alphas_cumprod, generator=None):
    last, size = len(alphas_cumprod) - 1, len(x_0)
    t = torch.randint(1, last + 1, (size // 2 + 1,), generator=generator, device=x_0.device)
    t = torch.cat([t, last + 1 - t])[:size]
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
    return F.mse_loss(network(q_sample(x_0, t, alphas_cumprod, noise), t), noise)


TASK = "diffusion.gaussian.ddpm_step"


@wrong("takes clip = 0.0 for no clip", rarely="values")
@hint("Which values of `clip` does a plain `if` treat like None?")
@edit("if clip is not None:", "if clip:")
def ddpm_step_falsy_clip(): ...


@wrong("detaches x_0_hat where it is clipped", rarely="no gradient")
@hint("Results are differentiable in the data. Does that end when `clip` is given?")
@edit("x_0_hat = x_0_hat.clamp(-clip, clip)", "x_0_hat = x_0_hat.detach().clamp(-clip, clip)")
def ddpm_step_clip_cuts_graph(): ...


@wrong("computes in float32 and casts the result, also for float64 data", rarely="values")
@hint("How many digits are left of data in float64 after your first line?")
def ddpm_step_in_single_precision(
    eps_hat, x_t, t, betas, alphas_cumprod, noise=None, variance="posterior", clip=None
):
    x, eps = x_t.float(), eps_hat.float()
    x_0_hat = predict_x_0(x, eps, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
    mean, chosen = posterior(x, x_0_hat, t, betas, alphas_cumprod)
    if variance == "beta":
        chosen = betas[t].to(x)
    if noise is not None and t > 1:
        mean = mean + chosen.sqrt() * noise.float()
    return mean.to(x_t.dtype)


TASK = "diffusion.gaussian.ddim_step"


@wrong("draws its own noise if none is given and eta is positive", sometimes="distribution")
@hint("What does the docstring say about a step without noise?")
@edit(
    "return x_prev if noise is None else x_prev + schedules.cast(sigma, x_t) * noise",
    "return x_prev + schedules.cast(sigma, x_t) * (torch.randn_like(x_t) if noise is None else noise)",
)
def ddim_step_draws_missing_noise(): ...


@wrong("with clip, the corrected eps_hat is a constant for the gradient", rarely="no gradient")
@hint("With clip, how does the corrected eps_hat depend on x_t? Does autograd know about it?")
@edit(
    "eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)",
    "eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod).detach()",
)
def ddim_step_constant_corrected_noise(): ...


TASK = "diffusion.schedules.linear_betas"


@wrong("a chain of a single step gets the last value", sometimes="values")
@hint("Which of the two values does the docstring give to a single step?")
def linear_single_step_gets_end(num_steps, beta_start=1e-4, beta_end=0.02):
    scale = 1000 / num_steps
    left = torch.arange(num_steps - 1, -1, -1, dtype=torch.float64) / max(num_steps - 1, 1)
    betas = scale * (beta_end + (beta_start - beta_end) * left)
    return torch.cat([betas.new_zeros(1), betas.clamp(max=0.999)])


@wrong("makes float64 the default dtype of torch", rarely="global state")
@hint("Which dtype do the next tensors of your caller have? Can linspace be asked for a dtype?")
def linear_default_dtype(num_steps, beta_start=1e-4, beta_end=0.02):
    torch.set_default_dtype(torch.float64)
    scale = 1000 / num_steps
    betas = torch.linspace(beta_start * scale, beta_end * scale, num_steps)
    return torch.cat([torch.zeros(1), betas.clamp(max=0.999)])


TASK = "diffusion.schedules.cosine_betas"


@wrong("floors f at 1e-8, which changes the last step of a long chain", rarely="values")
@hint("How small is f(T - 1) in a chain of 1000 steps? What does the docstring limit, f or the betas?")
@edit("* math.pi / 2) ** 2", "* math.pi / 2).pow(2).clamp(min=1e-8)")
def cosine_floor_under_signal(): ...


@wrong(
    "clips the betas from below at 1e-4 too, which chains of some hundred steps notice", sometimes="values"
)
@hint("Which limits of the betas does the docstring name? How small is the first of 1000 betas?")
@edit(".clamp(max=max_beta)", ".clamp(0.0001, max_beta)")
def cosine_clip_from_below(): ...


TASK = "diffusion.schedules.cumulative_alphas"
