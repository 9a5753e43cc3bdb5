"""Question 1(d): the posterior."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.posterior"


@wrong(
    "uses the flips of all t steps instead of the flips of the first t - 1 steps", often="off by one in time"
)
@hint("Which random variable is between Y_0 and the last step, and how many steps is it away from Y_0?")
@edit("t - 1", "t")
def posterior_counts_t_steps(): ...


@wrong("returns the probability of -1", sometimes="values")
@hint("At t = 1, which pixel is certain to be +1?")
@edit("up / (up + down)", "down / (up + down)")
def posterior_of_minus_one(): ...


@wrong("returns the distribution of Y_{t-1} given Y_0 alone, whatever Y_t is", often="ignores an argument")
@hint("What does the pixel at time t say about the pixel one step before?")
def posterior_from_y_0_alone(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    return torch.where(y_0 > 0, 1 - flipped, flipped).to(y_t.dtype)


@wrong("inverts the last step as if Y_0 were unknown", often="ignores an argument")
@hint("Where does your code use Y_0? Compare with t = 1.")
def posterior_from_y_t_alone(y_t, y_0, t, delta):
    return torch.where(y_t > 0, 1.0 - delta, delta).to(y_t.dtype)


@wrong(
    "uses the probability of a replacement instead of the probability of a flip before the last step",
    often="values",
)
@hint("A replaced pixel is a fair coin: how often does its sign differ from the sign before?")
def posterior_all_replaced_flip(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t)
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    "uses the probability of a replacement instead of the probability of a flip in the last step",
    sometimes="not finite",
)
@hint("Which coin of `replace_step` decides whether the sign changes? Try delta = 1/2.")
@edit("flipped.new_tensor(delta)", "flipped.new_tensor(2 * delta)")
def posterior_last_step_replaces(): ...


@wrong("stops at the joint probability of Y_{t-1} and Y_t", often="values")
@hint("Do your probabilities of +1 and of -1 add up to 1?")
def posterior_not_normalised(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    return up.to(y_t.dtype)


@wrong(
    "divides by the probability of a fair coin instead of the probability of Y_t given Y_0",
    sometimes="values",
)
@hint("Bayes' rule divides by the probability of what is observed. What is this probability conditioned on?")
@edit("up.to(y_t.dtype)", "(up / 0.5).clamp(max=1).to(y_t.dtype)", of="posterior_not_normalised")
def posterior_divides_by_fair_coin(): ...


@wrong("computes in single precision even if the pixels are in double precision", sometimes="values")
@hint("What does the docstring say about the dtype, and which dtype does each step of your code have?")
@edit(
    "_per_image(replacement_probability(t - 1, delta), y_t)",
    "_per_image(replacement_probability(t - 1, delta), y_t).float()",
)
def posterior_single_precision_inside(): ...


@wrong(
    "keeps the result a small number away from 0 and 1, so that the first step is not certain", often="values"
)
@hint("What exactly is Y_0 given Y_0? `kl_loss` also accepts probabilities of 0 and 1.")
@edit("(up / (up + down)).to(y_t.dtype)", "(up / (up + down)).clamp(1e-4, 1 - 1e-4).to(y_t.dtype)")
def posterior_clamped(): ...


@wrong("multiplies 0 by the logarithm of 0 at t = 1", often="not finite")
@hint("Which probability is 0 at t = 1, and what is 0 * log(0) in floating point?")
def posterior_nan_at_first_step(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    clean, noisy = (y_0.double() + 1) / 2, (y_t.double() + 1) / 2
    prior = clean * torch.log(1 - flipped) + (1 - clean) * torch.log(flipped)
    contrary = clean * torch.log(flipped) + (1 - clean) * torch.log(1 - flipped)
    step = (2 * noisy - 1) * math.log((1 - delta) / delta)
    return torch.sigmoid(prior - contrary + step).to(y_t.dtype)


@wrong("uses the time of the first image for the whole batch", sometimes="values")
@hint("Which image has the time t[b]?")
@edit(
    "flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2",
    "t = torch.as_tensor(t).flatten()[0]\nflipped = replacement_probability(t - 1, delta).to(y_t.device) / 2",
)
def posterior_first_time_for_all(): ...


@wrong("puts the times along the last axis, which is an axis of pixels", often="exception")
@hint("Which shape must a [B] tensor get so that it broadcasts against [B, ...]?")
@edit("_per_image(replacement_probability(t - 1, delta), y_t)", "replacement_probability(t - 1, delta)")
def posterior_times_along_pixels(): ...


@wrong("returns double precision even if the pixels have another dtype", often="dtype")
@hint("What does the docstring say about the dtype of the result?")
@edit("(up / (up + down)).to(y_t.dtype)", "up / (up + down)")
def posterior_in_double_precision(): ...


@wrong("replaces each -1 by 0 in the images that it was given", sometimes="argument changed in place")
@hint("What does the caller's y_t contain after the call?")
@edit("flipped = _per_image", "y_t[y_t < 0] = 0\nflipped = _per_image")
@edit("torch.where(y_t > 0, 1 - last, last)", "torch.where(y_t == 1, 1 - last, last)")
@edit("torch.where(y_t > 0, last, 1 - last)", "torch.where(y_t == 1, last, 1 - last)")
def posterior_overwrites_pixels(): ...


@wrong("computes as if pixels were 0 and 1", sometimes="values")
@hint("Which values do y_t and y_0 have, and what does your product give for -1?")
def posterior_of_zeros_and_ones(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    prior = y_0 * (1 - flipped) + (1 - y_0) * flipped
    up = prior * (y_t * (1 - delta) + (1 - y_t) * delta)
    down = (1 - prior) * (y_t * delta + (1 - y_t) * (1 - delta))
    return (up / (up + down)).to(y_t.dtype)


@wrong("exchanges y_t and y_0", sometimes="values")
@hint("Which of the two is one step away, and which one is t - 1 steps away?")
def posterior_exchanges_the_images(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_t > 0, 1 - flipped, flipped) * torch.where(y_0 > 0, 1 - last, last)
    down = torch.where(y_t > 0, flipped, 1 - flipped) * torch.where(y_0 > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong("returns the probability that the pixel one step before had the value of Y_t", sometimes="values")
@hint("Which event does the docstring name: Y_{t-1} = y_t, or Y_{t-1} = +1?")
def posterior_of_no_flip(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    same = torch.where(y_t == y_0, 1 - flipped, flipped) * (1 - delta)
    other = torch.where(y_t == y_0, flipped, 1 - flipped) * delta
    return (same / (same + other)).to(y_t.dtype)


@wrong("assumes at least one step before the last one, even at t = 1", sometimes="values")
@hint("How many steps are there before the last one at t = 1?")
@edit("flipped = _per_image", "before = (torch.as_tensor(t) - 1).clamp(min=1)\nflipped = _per_image")
@edit("t - 1", "before")
def posterior_one_step_before_at_least(): ...


@wrong("returns pixels instead of probabilities at t = 1", rarely="values")
@hint("What is the probability of +1 where y_0 shows -1?")
@edit(
    "return (up / (up + down)).to(y_t.dtype)",
    "first = _per_image(torch.as_tensor(t) == 1, y_t)\n"
    "return torch.where(first, y_0, (up / (up + down)).to(y_t.dtype))",
)
def posterior_pixels_at_first_step(): ...


@wrong("averages the information from Y_0 and Y_t instead of combining it by Bayes' rule", rarely="values")
@hint("What does Bayes' rule do with two independent pieces of evidence?")
def posterior_average_of_both(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    from_start = torch.where(y_0 > 0, 1 - flipped, flipped)
    from_end = torch.where(y_t > 0, 1.0 - delta, delta)
    return ((from_start + from_end) / 2).to(y_t.dtype)


@right("computes with odds and log-odds")
def posterior_by_log_odds(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    prior = torch.log1p(-flipped) - torch.log(flipped)
    return torch.sigmoid(y_0.double() * prior + y_t.double() * math.log((1 - delta) / delta)).to(y_t.dtype)


@right("computes the closed form from correlations, with plain powers")
def posterior_by_correlations(y_t, y_0, t, delta):
    step = torch.tensor(1 - 2 * delta, dtype=torch.float64)
    before, after = (_per_image(step ** (torch.as_tensor(t) - k), y_t) for k in (1, 0))
    y, x = y_t.double(), y_0.double()
    return ((1 + y * step) * (1 + x * before) / (2 * (1 + x * y * after))).to(y_t.dtype)


@right("builds a table of P(+1) for each image's time and both signs of x and y, and reads from it")
def posterior_by_table(y_t, y_0, t, delta):
    times = torch.as_tensor(t, device=y_t.device).expand(len(y_t))
    far = replacement_probability(times - 1, delta) / 2
    near = torch.full_like(far, delta)
    first, last = (torch.stack([1 - p, p, p, 1 - p], dim=-1).view(-1, 2, 2) for p in (far, near))
    joint = torch.einsum("bxz,bzy->bxyz", first, last)
    table = joint[..., 1] / joint.sum(dim=-1)
    rows = _per_image(torch.arange(len(y_t), device=y_t.device), y_t)
    return table[rows, (y_0 > 0).long(), (y_t > 0).long()].to(y_t.dtype)
