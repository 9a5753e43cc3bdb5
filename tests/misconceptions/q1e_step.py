"""Question 1(e): one reverse step."""

from autograder.misconceptions.bank import right, wrong

ANCESTRAL_STEP = "diffusion.binary.ancestral_step"


@wrong(
    ANCESTRAL_STEP,
    says="takes the likelier sign instead of drawing",
    hint="How often should a pixel be +1 if the network says 60 %?",
    common="often",
    failure="ignores an argument",
)
def ancestral_step_likelier_sign(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    return torch.where(up >= 0.5, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="takes the likelier sign at the last step",
    hint="What does the docstring say of t = 1?",
    common="often",
    failure="distribution",
)
def ancestral_step_likelier_sign_at_last(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    if t == 1:
        up = up.round()
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="hands the network an int where one time for each image is due",
    hint="With which t does the docstring say that the network is called?",
    common="often",
    failure="exception",
)
def ancestral_step_int_time(network, y_t, t, generator):
    up = torch.sigmoid(network(y_t, t))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="hands the network one time for the whole batch",
    hint="With which t does the docstring say that the network is called? Try a batch of two.",
    common="often",
    failure="exception",
)
def ancestral_step_one_time_for_all(network, y_t, t, generator):
    up = torch.sigmoid(network(y_t, torch.tensor([t], device=y_t.device)))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="tells the network the time that the step leads to",
    hint="Whose time is `t`, by the docstring?",
    common="sometimes",
    failure="exception",
)
def ancestral_step_tells_time_before(network, y_t, t, generator):
    times = torch.full((len(y_t),), t - 1, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="takes the logits for probabilities",
    hint="What did you answer in 1(c), and where is it in your code?",
    common="often",
    failure="distribution",
)
def ancestral_step_without_sigmoid(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < network(y_t, times)
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="lets the pixels of an image compete for one probability",
    hint="How many coins are there, and do their probabilities have to sum to anything?",
    common="sometimes",
    failure="distribution",
)
def ancestral_step_softmax_over_pixels(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.softmax(network(y_t, times), dim=-1)
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="takes the logits for those of -1",
    hint="Which outcome has probability sigmoid(logits)?",
    common="sometimes",
    failure="sign",
)
def ancestral_step_of_minus_one(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, -1.0, 1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="flips pixels with the network's probability",
    hint="Of which event does the network give the probability: a flip, or +1?",
    common="sometimes",
    failure="distribution",
)
def ancestral_step_flips(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    flip = torch.rand(y_t.shape, generator=generator, device=y_t.device) < torch.sigmoid(network(y_t, times))
    return torch.where(flip, -y_t, y_t)


@wrong(
    ANCESTRAL_STEP,
    says="returns pixels of 0 and 1",
    hint="Which two values has a pixel in this file?",
    common="often",
    failure="distribution",
)
def ancestral_step_zeros_and_ones(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times)).to(y_t.dtype)
    return torch.bernoulli(up, generator=generator)


@wrong(
    ANCESTRAL_STEP,
    says="draws without the generator that it is given",
    hint="Does every draw get the generator?",
    common="often",
    failure="ignores an argument",
)
def ancestral_step_without_generator(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    heads = torch.bernoulli(torch.sigmoid(network(y_t, times)))
    return (2 * heads - 1).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="seeds its coins anew in every step",
    hint="What do two steps in a row have in common then?",
    common="sometimes",
    failure="ignores an argument",
)
def ancestral_step_seeds_generator(network, y_t, t, generator):
    generator = torch.Generator(device=y_t.device).manual_seed(t)
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="reads all pixels of an image from one uniform number",
    hint="How many coins does an image of M pixels need?",
    common="sometimes",
    failure="distribution",
)
def ancestral_step_one_number_per_image(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    uniform = torch.rand(len(y_t), generator=generator, device=y_t.device)
    return torch.where(_per_image(uniform, y_t) < up, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="reads all images of the batch from the same uniform numbers",
    hint="Do two images of one batch have coins of their own?",
    common="sometimes",
    failure="distribution",
)
def ancestral_step_same_numbers_for_all(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape[1:], generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="returns single precision whatever the pixels were",
    hint="What does the docstring say of the result's dtype?",
    common="sometimes",
    failure="dtype",
)
def ancestral_step_in_single_precision(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0)


@wrong(
    ANCESTRAL_STEP,
    says="writes the new pixels into the image that it was given",
    hint="What does the caller's y_t show after the call? A chain keeps every one of them.",
    common="sometimes",
    failure="argument changed in place",
)
def ancestral_step_in_place(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    y_t[heads] = 1
    y_t[~heads] = -1
    return y_t


@wrong(
    ANCESTRAL_STEP,
    says="returns the pixels' mean, not a draw",
    hint="Which two values has a pixel of Y_{t-1}?",
    common="sometimes",
    failure="ignores an argument",
)
def ancestral_step_mean_of_the_pixel(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    return (2 * torch.sigmoid(network(y_t, times)) - 1).to(y_t.dtype)


@wrong(
    ANCESTRAL_STEP,
    says="keeps the probability away from 0 and 1, so that sure pixels still err",
    hint="What does a logit of 90 say of the pixel?",
    common="seldom",
    failure="distribution",
)
def ancestral_step_never_sure(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times)).clamp(0.01, 0.99)
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@right(ANCESTRAL_STEP, says="draws with bernoulli, in double precision")
def ancestral_step_by_bernoulli(network, y_t, t, generator):
    times = torch.ones(len(y_t), dtype=torch.long, device=y_t.device) * t
    up = torch.sigmoid(network(y_t, times).double())
    return torch.bernoulli(up, generator=generator).mul(2).sub(1).to(y_t.dtype)


@right(ANCESTRAL_STEP, says="adds logistic noise to the logits and takes the sign")
def ancestral_step_by_logistic_noise(network, y_t, t, generator):
    logits = network(y_t, y_t.new_full((len(y_t),), t, dtype=torch.long))
    uniform = torch.rand(y_t.shape, generator=generator, dtype=torch.float64, device=y_t.device)
    return 2 * (logits > torch.logit(uniform)).to(y_t.dtype) - 1
