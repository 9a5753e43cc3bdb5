"""Question 2(c): the loss of a network that predicts noise."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.gaussian.noise_prediction_loss"


# ---------------------------------------------------------------------------- the times


@wrong("never draws the last time", often="distribution")
@hint("Which ends of its range does torch.randint include?")
@edit("last + 1", "last")
def noise_loss_never_at_the_last_time(): ...


@wrong("draws times from 0 upwards, as if time were counted from 0", often="exception")
@hint("Time is 1-based in this project. What is x_t at time 0, and what could a network learn from it?")
@edit("1, last + 1", "0, last")
def noise_loss_times_from_zero(): ...


@wrong("gives the network a time that is one step too early", sometimes="exception")
@hint("At which t is the x_t that the network gets? Does the project count from 0?")
@edit("network(x_t, t)", "network(x_t, t - 1)")
def noise_loss_tells_the_time_before(): ...


@wrong("gives the network the time as a fraction of T", sometimes="exception")
@hint("What does the docstring say about the t that the network gets, its value and its dtype?")
@edit("network(x_t, t)", "network(x_t, t / last)")
def noise_loss_time_as_a_fraction(): ...


@wrong("draws one time for the whole batch", often="distribution")
@hint("How many different times should one large batch contain?")
@edit(
    "torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)",
    "torch.randint(1, last + 1, (1,), generator=generator, device=x_0.device).expand(len(x_0))",
)
def noise_loss_one_time_for_all(): ...


@wrong(
    "rounds a uniform number to the nearest time, so that the first and the last are half as likely",
    sometimes="distribution",
)
@hint("Which part of the interval is rounded to time 1, and which part to time 2?")
@edit(
    "t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)",
    "u = torch.rand(len(x_0), generator=generator, device=x_0.device)\n"
    "t = (1 + u * (last - 1)).round().long()",
)
def noise_loss_rounded_times(): ...


@wrong(
    "makes the times in the second half of the batch mirror the times in the first half",
    rarely="distribution",
)
@hint("Does one sample's time say anything about another's? What does the docstring require?")
@edit(
    "t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)",
    "t = torch.randint(1, last + 1, (len(x_0) // 2 + 1,), generator=generator, device=x_0.device)\n"
    "t = torch.cat([t, last + 1 - t])[: len(x_0)]",
)
def noise_loss_antithetic_times(): ...


@wrong("makes every second sample's time the mirror image of its neighbour's time", rarely="distribution")
@hint("Does one sample's time say anything about another's? What does the docstring require?")
def noise_loss_mirrored_neighbours(network, x_0, alphas_cumprod, generator):
    last = len(alphas_cumprod) - 1
    t = torch.randint(1, last + 1, ((len(x_0) + 1) // 2,), generator=generator, device=x_0.device)
    t = torch.stack([t, last + 1 - t], dim=1).flatten()[: len(x_0)]
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
    x_t = q_sample(x_0, t, alphas_cumprod, noise)
    return F.mse_loss(network(x_t, t), noise)


# ---------------------------------------------------------------------------- the noise


@wrong("draws noise from a uniform distribution", sometimes="distribution")
@hint("Which of torch's functions draws from a normal distribution? Your noise has no negative numbers.")
@edit("torch.randn", "torch.rand")
def noise_loss_uniform_noise(): ...


@wrong("gives every sample of the batch the same noise", rarely="distribution")
@hint("How many random numbers does a batch need?")
@edit(
    "noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)",
    "noise = torch.randn(x_0.shape[1:], generator=generator, dtype=x_0.dtype, device=x_0.device)\n"
    "noise = noise.expand_as(x_0)",
)
def noise_loss_one_noise_for_all(): ...


@wrong("compares with noise that is not the noise in x_t", sometimes="distribution")
@hint("How often do you draw noise? Which of the draws can the network see in x_t?")
def noise_loss_against_other_noise(network, x_0, alphas_cumprod, generator):
    def draw():
        return torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)

    last = len(alphas_cumprod) - 1
    t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)
    x_t = q_sample(x_0, t, alphas_cumprod, draw())
    return F.mse_loss(network(x_t, t), draw())


@wrong("mixes data and noise without square roots", sometimes="distribution")
@hint("You can call `q_sample`. What is the variance of your x_t for data of variance 1?")
@edit(
    "x_t = q_sample(x_0, t, alphas_cumprod, noise)", "signal = schedules.at(alphas_cumprod, t, x_0).to(x_0)"
)
@edit("network(x_t, t)", "network(signal * x_0 + (1 - signal) * noise, t)")
def noise_loss_mixes_without_roots(): ...


@wrong(
    "draws everything from torch's global random state and not from the generator",
    often="ignores an argument",
)
@hint("Call it twice with generators of the same seed. Where should all of the randomness come from?")
def noise_loss_ignores_generator(network, x_0, alphas_cumprod, generator):
    t = torch.randint(1, len(alphas_cumprod), (len(x_0),), device=x_0.device)
    noise = torch.randn_like(x_0)
    return F.mse_loss(network(q_sample(x_0, t, alphas_cumprod, noise), t), noise)


@wrong(
    "uses the generator only for the times; the noise comes from torch's global random state",
    often="distribution",
)
@hint("Does randn_like take a generator? Which function takes one?")
def noise_loss_noise_without_generator(network, x_0, alphas_cumprod, generator):
    last = len(alphas_cumprod) - 1
    t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)
    noise = torch.randn_like(x_0)
    return F.mse_loss(network(q_sample(x_0, t, alphas_cumprod, noise), t), noise)


@wrong(
    "seeds the generator again in every call, so that every batch gets the same draws",
    sometimes="ignores an argument",
)
@hint("Who chooses the seed? What does the second batch of an epoch teach that the first one did not?")
def noise_loss_reseeds(network, x_0, alphas_cumprod, generator):
    last = len(alphas_cumprod) - 1
    generator = torch.Generator(x_0.device).manual_seed(0)
    t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
    return F.mse_loss(network(q_sample(x_0, t, alphas_cumprod, noise), t), noise)


# ---------------------------------------------------------------------------- the error


@wrong("compares the network's guess with the data", sometimes="distribution")
@hint("What must the network predict? The docstring's name for its output says it.")
@edit("F.mse_loss(network(x_t, t), noise)", "F.mse_loss(network(x_t, t), x_0)")
def noise_loss_against_the_data(): ...


@wrong(
    "measures the error of the data that follows from the guess, not the error of the guessed noise",
    sometimes="distribution",
)
@hint("Which difference does the docstring square? Late times have much more weight in your loss.")
@edit(
    "F.mse_loss(network(x_t, t), noise)",
    "F.mse_loss(predict_x_0(x_t, network(x_t, t), t, alphas_cumprod), x_0)",
)
def noise_loss_in_the_data(): ...


@wrong("adds up the squares instead of averaging them", often="distribution")
@hint("Does your loss grow when the batch does? Should it?")
@edit("F.mse_loss(network(x_t, t), noise)", 'F.mse_loss(network(x_t, t), noise, reduction="sum")')
def noise_loss_summed(): ...


@wrong("averages over the batch, but sums over the dimensions", often="distribution")
@hint("What is the mean taken over, according to the docstring?")
def noise_loss_summed_over_dimensions(network, x_0, alphas_cumprod, generator):
    last = len(alphas_cumprod) - 1
    t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
    error = network(q_sample(x_0, t, alphas_cumprod, noise), t) - noise
    return error.square().flatten(1).sum(dim=1).mean()


@wrong("halves the mean of the squares", sometimes="constant factor")
@hint("Which factor is in front of the squares in the docstring?")
@edit("F.mse_loss(network(x_t, t), noise)", "0.5 * F.mse_loss(network(x_t, t), noise)")
def noise_loss_halved(): ...


@wrong("uses absolute errors instead of squared ones", sometimes="distribution")
@hint("What is done to the difference before it is averaged?")
@edit("F.mse_loss", "F.l1_loss")
def noise_loss_of_absolute_errors(): ...


@wrong("takes the root of the mean of the squares, which is the norm of the error", rarely="distribution")
@hint("The docstring asks for the mean of the squares. What does your last operation do to its gradient?")
@edit("F.mse_loss(network(x_t, t), noise)", "(network(x_t, t) - noise).square().mean().sqrt()")
def noise_loss_root_of_the_mean(): ...


@wrong("returns one loss for each sample", sometimes="shape")
@hint("Which shape does the docstring promise?")
def noise_loss_of_each_sample(network, x_0, alphas_cumprod, generator):
    last = len(alphas_cumprod) - 1
    t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
    error = network(q_sample(x_0, t, alphas_cumprod, noise), t) - noise
    return error.square().flatten(1).mean(dim=1)


@wrong("returns a Python number, through which no gradient can flow", sometimes="type")
@hint("Call backward() on your result. What is left of the graph after item()?")
@edit("F.mse_loss(network(x_t, t), noise)", "F.mse_loss(network(x_t, t), noise).item()")
def noise_loss_as_a_number(): ...


@wrong("calls the network without keeping a graph, so that it never learns", sometimes="no gradient")
@hint("Which of your lines are under no_grad, and which of them does the network's gradient need?")
def noise_loss_without_gradient(network, x_0, alphas_cumprod, generator):
    with torch.no_grad():
        last = len(alphas_cumprod) - 1
        t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)
        noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
        eps_hat = network(q_sample(x_0, t, alphas_cumprod, noise), t)
    return F.mse_loss(eps_hat, noise)


@wrong("overwrites the caller's clean data with x_t", rarely="argument changed in place")
@hint("What does the caller's batch contain after the call, and in the next epoch?")
def noise_loss_overwrites_the_data(network, x_0, alphas_cumprod, generator):
    last = len(alphas_cumprod) - 1
    t = torch.randint(1, last + 1, (len(x_0),), generator=generator, device=x_0.device)
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
    signal = schedules.at(alphas_cumprod, t, x_0)
    x_0 *= signal.sqrt().to(x_0)
    x_0 += (1 - signal).sqrt().to(x_0) * noise
    return F.mse_loss(network(x_0, t), noise)


# ---------------------------------------------------------------------------- right ones


@right("draws the noise first, and the times by rounding uniform numbers down")
def noise_loss_noise_first(network, x_0, alphas_cumprod, generator):
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
    u = torch.rand(len(x_0), generator=generator, device=x_0.device, dtype=torch.float64)
    t = 1 + (u * (len(alphas_cumprod) - 1)).floor().long()
    error = noise - network(q_sample(x_0, t, alphas_cumprod, noise), t)
    return error.pow(2).flatten(1).mean(dim=1).mean()


@right("draws sample by sample, and the times with torch.multinomial")
def noise_loss_sample_by_sample(network, x_0, alphas_cumprod, generator):
    even = torch.ones(len(alphas_cumprod) - 1, device=x_0.device)
    times, draws = [], []
    for x in x_0:
        times.append(1 + torch.multinomial(even, 1, generator=generator))
        draws.append(torch.empty_like(x).normal_(generator=generator))
    t, noise = torch.cat(times), torch.stack(draws)
    error = torch.linalg.vector_norm(network(q_sample(x_0, t, alphas_cumprod, noise), t) - noise)
    return error**2 / x_0.numel()


@right("draws single-precision noise and casts it, and averages in double precision")
def noise_loss_averages_in_double(network, x_0, alphas_cumprod, generator):
    t = torch.randint(len(alphas_cumprod) - 1, (len(x_0),), generator=generator, device=x_0.device).add(1)
    noise = torch.randn(x_0.shape, generator=generator, device=x_0.device).to(x_0.dtype)
    error = network(q_sample(x_0, t, alphas_cumprod, noise), t) - noise
    return error.double().square().mean().to(x_0.dtype)
