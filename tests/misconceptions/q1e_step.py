"""Question 1(e): one reverse step."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.ancestral_step"


@wrong("takes the likelier sign instead of drawing", often="ignores an argument")
@hint("How often should a pixel be +1 if the network says 60 %?")
def ancestral_step_likelier_sign(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    return torch.where(up >= 0.5, 1.0, -1.0).to(y_t.dtype)


@wrong("takes the likelier sign at the last step", often="distribution")
@hint("What does the docstring say of t = 1?")
def ancestral_step_likelier_sign_at_last(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    if t == 1:
        up = up.round()
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong("hands the network an int where one time for each image is due", often="exception")
@hint("With which t does the docstring say that the network is called?")
def ancestral_step_int_time(network, y_t, t, generator):
    up = torch.sigmoid(network(y_t, t))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong("hands the network one time for the whole batch", often="exception")
@hint("With which t does the docstring say that the network is called? Try a batch of two.")
@edit("network(y_t, t)", "network(y_t, torch.tensor([t], device=y_t.device))", of="ancestral_step_int_time")
def ancestral_step_one_time_for_all(): ...


@wrong("tells the network the time that the step leads to", sometimes="exception")
@hint("Whose time is `t`, by the docstring?")
@edit("(len(y_t),), t", "(len(y_t),), t - 1")
def ancestral_step_tells_time_before(): ...


@wrong("takes the logits for probabilities", often="distribution")
@hint("What did you answer in 1(c), and where is it in your code?")
def ancestral_step_without_sigmoid(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < network(y_t, times)
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong("lets the pixels of an image compete for one probability", sometimes="distribution")
@hint("How many coins are there, and do their probabilities have to sum to anything?")
@edit("torch.sigmoid(network(y_t, times))", "torch.softmax(network(y_t, times), dim=-1)")
def ancestral_step_softmax_over_pixels(): ...


@wrong("takes the logits for those of -1", sometimes="sign")
@hint("Which outcome has probability sigmoid(logits)?")
@edit("1.0, -1.0", "-1.0, 1.0")
def ancestral_step_of_minus_one(): ...


@wrong("flips pixels with the network's probability", sometimes="distribution")
@hint("Of which event does the network give the probability: a flip, or +1?")
def ancestral_step_flips(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    flip = torch.rand(y_t.shape, generator=generator, device=y_t.device) < torch.sigmoid(network(y_t, times))
    return torch.where(flip, -y_t, y_t)


@wrong("returns pixels of 0 and 1", often="distribution")
@hint("Which two values has a pixel in this file?")
def ancestral_step_zeros_and_ones(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times)).to(y_t.dtype)
    return torch.bernoulli(up, generator=generator)


@wrong("draws without the generator that it is given", often="ignores an argument")
@hint("Does every draw get the generator?")
def ancestral_step_without_generator(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    heads = torch.bernoulli(torch.sigmoid(network(y_t, times)))
    return (2 * heads - 1).to(y_t.dtype)


@wrong("seeds its coins anew in every step", sometimes="ignores an argument")
@hint("What do two steps in a row have in common then?")
@edit("times = torch", "generator = torch.Generator(device=y_t.device).manual_seed(t)\ntimes = torch")
def ancestral_step_seeds_generator(): ...


@wrong("reads all pixels of an image from one uniform number", sometimes="distribution")
@hint("How many coins does an image of M pixels need?")
def ancestral_step_one_number_per_image(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    uniform = torch.rand(len(y_t), generator=generator, device=y_t.device)
    return torch.where(_per_image(uniform, y_t) < up, 1.0, -1.0).to(y_t.dtype)


@wrong("reads all images of the batch from the same uniform numbers", sometimes="distribution")
@hint("Do two images of one batch have coins of their own?")
@edit("y_t.shape", "y_t.shape[1:]")
def ancestral_step_same_numbers_for_all(): ...


@wrong("returns single precision whatever the pixels were", sometimes="dtype")
@hint("What does the docstring say of the result's dtype?")
@edit("torch.where(heads, 1.0, -1.0).to(y_t.dtype)", "torch.where(heads, 1.0, -1.0)")
def ancestral_step_in_single_precision(): ...


@wrong("writes the new pixels into the image that it was given", sometimes="argument changed in place")
@hint("What does the caller's y_t show after the call? A chain keeps every one of them.")
def ancestral_step_in_place(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    y_t[heads] = 1
    y_t[~heads] = -1
    return y_t


@wrong("returns the pixels' mean, not a draw", sometimes="ignores an argument")
@hint("Which two values has a pixel of Y_{t-1}?")
def ancestral_step_mean_of_the_pixel(network, y_t, t, generator):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    return (2 * torch.sigmoid(network(y_t, times)) - 1).to(y_t.dtype)


@wrong("keeps the probability away from 0 and 1, so that sure pixels still err", seldom="distribution")
@hint("What does a logit of 90 say of the pixel?")
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
