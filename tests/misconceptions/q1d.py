"""Question 1(d): the posterior."""

from autograder.misconceptions.bank import right, wrong

POSTERIOR = "diffusion.binary.posterior"


@wrong(
    POSTERIOR,
    says="uses the flips of all t steps where those of the first t - 1 are due",
    hint="Which random variable stands between Y_0 and the last step, and how many steps is it away from Y_0?",
    common="often",
    failure="off by one in time",
)
def posterior_counts_t_steps(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="gives the probability of -1",
    hint="At t = 1, which pixel is certain to be +1?",
    common="sometimes",
    failure="values",
)
def posterior_of_minus_one(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (down / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="gives the law of Y_{t-1} given Y_0 alone, whatever Y_t shows",
    hint="What does the pixel at time t tell about the one just before it?",
    common="often",
    failure="ignores an argument",
)
def posterior_from_y_0_alone(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    return torch.where(y_0 > 0, 1 - flipped, flipped).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="turns the last step around as if nothing were known of Y_0",
    hint="Where does Y_0 come in? Compare with t = 1.",
    common="often",
    failure="ignores an argument",
)
def posterior_from_y_t_alone(y_t, y_0, t, delta):
    return torch.where(y_t > 0, 1.0 - delta, delta).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="takes the probability of a replacement for that of a flip before the last step",
    hint="A replaced pixel is a fair coin: how often does it show another sign than before?",
    common="often",
    failure="values",
)
def posterior_all_replaced_flip(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t)
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="takes the probability of a replacement for that of a flip in the last step",
    hint="Which coin of `replace_step` decides whether the sign changes? Try delta = 1/2.",
    common="sometimes",
    failure="not finite",
)
def posterior_last_step_replaces(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(2 * delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="stops at the joint probability of Y_{t-1} and Y_t",
    hint="Do your probabilities of +1 and of -1 make 1?",
    common="often",
    failure="values",
)
def posterior_not_normalised(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    return up.to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="divides by the probability of a fair coin where that of Y_t given Y_0 is due",
    hint="Bayes divides by the probability of what is observed. Given what?",
    common="sometimes",
    failure="values",
)
def posterior_divides_by_fair_coin(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    return (up / 0.5).clamp(max=1).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="works in single precision even where the pixels are doubles",
    hint="What does the docstring say of the dtype, and in which one is each step of yours?",
    common="sometimes",
    failure="values",
)
def posterior_single_precision_inside(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t).float() / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="keeps away from 0 and 1 by a small number, so that the first step is not certain",
    hint="What is Y_0 given Y_0, exactly? `kl_loss` is defined there too.",
    common="often",
    failure="values",
)
def posterior_clamped(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).clamp(1e-4, 1 - 1e-4).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="multiplies 0 by the logarithm of 0 at t = 1",
    hint="Which probability is 0 at t = 1, and what is 0 * log(0) in floating point?",
    common="often",
    failure="not finite",
)
def posterior_nan_at_first_step(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    clean, noisy = (y_0.double() + 1) / 2, (y_t.double() + 1) / 2
    prior = clean * torch.log(1 - flipped) + (1 - clean) * torch.log(flipped)
    contrary = clean * torch.log(flipped) + (1 - clean) * torch.log(1 - flipped)
    step = (2 * noisy - 1) * math.log((1 - delta) / delta)
    return torch.sigmoid(prior - contrary + step).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="takes the time of the first image for the whole batch",
    hint="Whose time is t[b]?",
    common="sometimes",
    failure="values",
)
def posterior_first_time_for_all(y_t, y_0, t, delta):
    t = torch.as_tensor(t).flatten()[0]
    flipped = replacement_probability(t - 1, delta).to(y_t.device) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="lays the times along the last axis, that of the pixels",
    hint="Of which shape does a [B] have to become, so that it broadcasts against [B, ...]?",
    common="often",
    failure="exception",
)
def posterior_times_along_pixels(y_t, y_0, t, delta):
    flipped = replacement_probability(t - 1, delta) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="returns double precision whatever the pixels were",
    hint="What does the docstring say of the result's dtype?",
    common="often",
    failure="dtype",
)
def posterior_in_double_precision(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return up / (up + down)


@wrong(
    POSTERIOR,
    says="turns the -1 of the images that it was given into 0",
    hint="What does the caller's y_t show after the call?",
    common="sometimes",
    failure="argument changed in place",
)
def posterior_overwrites_pixels(y_t, y_0, t, delta):
    y_t[y_t < 0] = 0
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t == 1, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t == 1, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="calculates as if pixels were 0 and 1",
    hint="Which values do y_t and y_0 have, and what does your product give for -1?",
    common="sometimes",
    failure="values",
)
def posterior_of_zeros_and_ones(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    prior = y_0 * (1 - flipped) + (1 - y_0) * flipped
    up = prior * (y_t * (1 - delta) + (1 - y_t) * delta)
    down = (1 - prior) * (y_t * delta + (1 - y_t) * (1 - delta))
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="takes y_t for y_0 and y_0 for y_t",
    hint="Which of the two is one step away, and which one t - 1 steps?",
    common="sometimes",
    failure="values",
)
def posterior_exchanges_the_images(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_t > 0, 1 - flipped, flipped) * torch.where(y_0 > 0, 1 - last, last)
    down = torch.where(y_t > 0, flipped, 1 - flipped) * torch.where(y_0 > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="gives the probability that the pixel one step before showed what Y_t shows",
    hint="Of which event is the probability asked: Y_{t-1} = y_t, or Y_{t-1} = +1?",
    common="sometimes",
    failure="values",
)
def posterior_of_no_flip(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    same = torch.where(y_t == y_0, 1 - flipped, flipped) * (1 - delta)
    other = torch.where(y_t == y_0, flipped, 1 - flipped) * delta
    return (same / (same + other)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="lets at least one step lie before the last one, at t = 1 too",
    hint="How many steps are there before the last one at t = 1?",
    common="sometimes",
    failure="values",
)
def posterior_one_step_before_at_least(y_t, y_0, t, delta):
    before = (torch.as_tensor(t) - 1).clamp(min=1)
    flipped = _per_image(replacement_probability(before, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong(
    POSTERIOR,
    says="returns pixels instead of probabilities at t = 1",
    hint="What is the probability of +1 where y_0 shows -1?",
    common="seldom",
    failure="values",
)
def posterior_pixels_at_first_step(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    first = _per_image(torch.as_tensor(t) == 1, y_t)
    return torch.where(first, y_0, (up / (up + down)).to(y_t.dtype))


@wrong(
    POSTERIOR,
    says="averages what Y_0 and Y_t tell, instead of joining them by Bayes' rule",
    hint="What does Bayes' rule do with two independent pieces of evidence?",
    common="seldom",
    failure="values",
)
def posterior_average_of_both(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    from_start = torch.where(y_0 > 0, 1 - flipped, flipped)
    from_end = torch.where(y_t > 0, 1.0 - delta, delta)
    return ((from_start + from_end) / 2).to(y_t.dtype)


@right(POSTERIOR, says="works in odds and log-odds")
def posterior_by_log_odds(y_t, y_0, t, delta):
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    prior = torch.log1p(-flipped) - torch.log(flipped)
    return torch.sigmoid(y_0.double() * prior + y_t.double() * math.log((1 - delta) / delta)).to(y_t.dtype)


@right(POSTERIOR, says="evaluates the closed form in correlations, with plain powers")
def posterior_by_correlations(y_t, y_0, t, delta):
    step = torch.tensor(1 - 2 * delta, dtype=torch.float64)
    before, after = (_per_image(step ** (torch.as_tensor(t) - k), y_t) for k in (1, 0))
    y, x = y_t.double(), y_0.double()
    return ((1 + y * step) * (1 + x * before) / (2 * (1 + x * y * after))).to(y_t.dtype)


@right(POSTERIOR, says="tabulates P(+1) for each image's time and both signs of x and y, and looks it up")
def posterior_by_table(y_t, y_0, t, delta):
    times = torch.as_tensor(t, device=y_t.device).expand(len(y_t))
    far = replacement_probability(times - 1, delta) / 2
    near = torch.full_like(far, delta)
    first, last = (torch.stack([1 - p, p, p, 1 - p], dim=-1).view(-1, 2, 2) for p in (far, near))
    joint = torch.einsum("bxz,bzy->bxyz", first, last)
    table = joint[..., 1] / joint.sum(dim=-1)
    rows = _per_image(torch.arange(len(y_t), device=y_t.device), y_t)
    return table[rows, (y_0 > 0).long(), (y_t > 0).long()].to(y_t.dtype)
