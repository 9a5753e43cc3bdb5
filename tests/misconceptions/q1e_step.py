"""Question 1(e): one reverse step."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.ancestral_step"


@wrong("takes the more likely sign instead of drawing", often="ignores an argument")
@hint("How often should a pixel be +1 if the network says 60 %?")
def ancestral_step_likelier_sign(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    return torch.where(up >= 0.5, 1.0, -1.0).to(y_t.dtype)


@wrong("takes the more likely sign at the last step", often="distribution")
@hint("What does the docstring say about t = 1?")
def ancestral_step_likelier_sign_at_last(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    if t == 1:
        up = up.round()
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong("passes an int to the network instead of one time for each image", often="exception")
@hint("Which t does the network get, according to the docstring?")
def ancestral_step_int_time(network, y_t, t, generator):
    up = torch.sigmoid(network(y_t, t))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong("passes one time to the network for the whole batch", often="exception")
@hint("Which t does the network get, according to the docstring? Try a batch of two.")
@edit("network(y_t, t)", "network(y_t, torch.tensor([t], device=y_t.device))", of="ancestral_step_int_time")
def ancestral_step_one_time_for_all(): ...


@wrong("gives the network the time at which the step ends", sometimes="exception")
@hint("Which image has the time `t`, according to the docstring?")
@edit("(len(y_t),), t", "(len(y_t),), t - 1")
def ancestral_step_tells_time_before(): ...


@wrong("uses the logits as probabilities", often="distribution")
@hint("What is your answer to 1(c), and where does your code use it?")
def ancestral_step_without_sigmoid(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < network(y_t, times)
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong("shares one probability among the pixels of an image", sometimes="distribution")
@hint("How many coins are there, and must their probabilities have a certain sum?")
@edit("torch.sigmoid(network(y_t, times))", "torch.softmax(network(y_t, times), dim=-1)")
def ancestral_step_softmax_over_pixels(): ...


@wrong("treats the logits as the logits of -1", sometimes="sign")
@hint("Which outcome has the probability sigmoid(logits)?")
@edit("1.0, -1.0", "-1.0, 1.0")
def ancestral_step_of_minus_one(): ...


@wrong("flips pixels with the probability from the network", sometimes="distribution")
@hint("For which event does the network give the probability: a flip, or +1?")
def ancestral_step_flips(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    flip = torch.rand(y_t.shape, generator=generator, device=y_t.device) < torch.sigmoid(network(y_t, times))
    return torch.where(flip, -y_t, y_t)


@wrong("returns pixels of 0 and 1", often="distribution")
@hint("Which two values can a pixel have in this file?")
def ancestral_step_zeros_and_ones(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times)).to(y_t.dtype)
    return torch.bernoulli(up, generator=generator)


@wrong("draws random numbers without the generator that it is given", often="ignores an argument")
@hint("Does every draw use the generator?")
def ancestral_step_without_generator(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    heads = torch.bernoulli(torch.sigmoid(network(y_t, times)))
    return (2 * heads - 1).to(y_t.dtype)


@wrong("seeds its coins again in every step", sometimes="ignores an argument")
@hint("What do two neighbouring steps then have in common?")
@edit("times = torch", "generator = torch.Generator(device=y_t.device).manual_seed(t)\ntimes = torch")
def ancestral_step_seeds_generator(): ...


@wrong("uses one uniform number for all pixels of an image", sometimes="distribution")
@hint("How many coins does an image of M pixels need?")
def ancestral_step_one_number_per_image(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    uniform = torch.rand(len(y_t), generator=generator, device=y_t.device)
    return torch.where(_per_image(uniform, y_t) < up, 1.0, -1.0).to(y_t.dtype)


@wrong("uses the same uniform numbers for all images of the batch", sometimes="distribution")
@hint("Does each image of a batch have its own coins?")
@edit("y_t.shape", "y_t.shape[1:]")
def ancestral_step_same_numbers_for_all(): ...


@wrong("returns single precision even if the pixels have another dtype", sometimes="dtype")
@hint("What does the docstring say about the dtype of the result?")
@edit("torch.where(heads, 1.0, -1.0).to(y_t.dtype)", "torch.where(heads, 1.0, -1.0)")
def ancestral_step_in_single_precision(): ...


@wrong("writes the new pixels into the image that it was given", sometimes="argument changed in place")
@hint("What does the caller's y_t contain after the call? A chain keeps all of its images.")
def ancestral_step_in_place(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    y_t[heads] = 1
    y_t[~heads] = -1
    return y_t


@wrong("returns the mean of the pixels, not a draw", sometimes="ignores an argument")
@hint("Which two values can a pixel of Y_{t-1} have?")
def ancestral_step_mean_of_the_pixel(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    return (2 * torch.sigmoid(network(y_t, times)) - 1).to(y_t.dtype)


@wrong(
    "keeps the probability away from 0 and 1, so that sure pixels can still be wrong", rarely="distribution"
)
@hint("What does a logit of 90 say about the pixel?")
@edit("torch.sigmoid(network(y_t, times))", "torch.sigmoid(network(y_t, times)).clamp(0.01, 0.99)")
def ancestral_step_never_sure(): ...


@right("draws with bernoulli, in double precision")
def ancestral_step_by_bernoulli(network, y_t, t, generator):
    times = torch.ones(len(y_t), dtype=torch.long, device=y_t.device) * t
    up = torch.sigmoid(network(y_t, times).double())
    return torch.bernoulli(up, generator=generator).mul(2).sub(1).to(y_t.dtype)


@right("adds logistic noise to the logits and takes the sign")
def ancestral_step_by_logistic_noise(network, y_t, t, generator):
    logits = network(y_t, y_t.new_full((len(y_t),), t, dtype=torch.long))
    uniform = torch.rand(y_t.shape, generator=generator, dtype=torch.float64, device=y_t.device)
    return 2 * (logits > torch.logit(uniform)).to(y_t.dtype) - 1
