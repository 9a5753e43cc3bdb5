"""Questions 1(a) and 1(b): the kinds of mistakes that live on: coin flips."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.binary.flip_step"


@wrong("images with channels get one coin per position, which all channels share", rarely="distribution")
@hint("How many coins does a picture with three channels need?")
def flip_channels_share_coins(y, delta, generator=None):
    shape = list(y.shape)
    if y.ndim == 4:
        shape[1] = 1
    flip = torch.rand(shape, generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y)


@wrong("with delta = 0 it hands back y itself, not a new tensor", sometimes="shares memory")
@hint("What happens to the caller's y if somebody writes into your result?")
def flip_nothing_to_flip_returns_y(y, delta, generator=None):
    if delta == 0:
        return y
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y)


@wrong(
    "without a generator it makes a new one, whose default seed is always the same", sometimes="distribution"
)
@hint("What do two calls without a generator return? Which seed does your generator start with?")
def flip_new_generator_each_call(y, delta, generator=None):
    generator = generator or torch.Generator(device=y.device)
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y)


TASK = "diffusion.binary.replace_step"


@wrong(
    "draws only R from the generator; the fair coins come from torch's global one", sometimes="distribution"
)
@hint("Call it twice with generators of the same seed. Where do your coins F come from?")
def replace_fair_coins_from_global(y, delta, generator=None):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = torch.randint_like(y, 0, 2) * 2 - 1
    return torch.where(replace, fair, y)


@wrong("all images of the batch are replaced from one common picture of fair coins", rarely="distribution")
@hint("If two images are replaced at the same place, do they have to get the same pixel?")
@edit(
    "heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5",
    "heads = torch.rand(y.shape[1:], generator=generator, device=y.device) < 0.5",
)
def replace_one_fair_picture_for_batch(): ...


@wrong("fair coins in float32 turn a half-precision image into float32", sometimes="dtype")
@hint("Which dtype does torch.where give to a choice between two dtypes?")
@edit("torch.where(heads, 1.0, -1.0).to(y.dtype)", "torch.where(heads, 1.0, -1.0)")
def replace_coins_promote_half(): ...


TASK = "diffusion.binary.replacement_probability"


@wrong("looks the probability up in a table of 1000 steps; later times get its last entry", rarely="values")
@hint("How large may t be? Does the probability stop growing somewhere?")
def replacement_table_of_1000(t, delta):
    steps = torch.arange(1001, dtype=torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    table = -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))
    return table[torch.as_tensor(t).cpu().clamp(max=1000)]


@wrong("0 * log(0) is NaN: fails for t = 0 with delta = 1/2", sometimes="not finite")
@hint("What is 0 * log(0) in floating point, and for which delta and t does your code compute it?")
@edit("torch.where(steps > 0, steps * log_kept, 0.0)", "steps * log_kept")
def replacement_nan_at_zero_steps(): ...


@wrong("sets torch's default dtype to float64 and leaves it so", rarely="global state")
@hint("Which dtype do the next tensors of your caller have? Can you ask for a dtype in one place only?")
def replacement_sets_default_dtype(t, delta):
    torch.set_default_dtype(torch.float64)
    steps = torch.as_tensor(t).to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2.0 * delta))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))


TASK = "diffusion.binary.steps_to_mix"


@wrong("always wants at least one step, also for tolerance 1", sometimes="values")
@hint("Is tolerance = 1 allowed, and how many steps does it need?")
def steps_to_mix_at_least_one(delta, tolerance):
    if delta == 0.5:
        return 1
    steps = math.log(tolerance) / math.log1p(-2 * delta)
    return max(1, math.ceil(steps - 1e-12 * steps))


@wrong("tries T = 0, 1, 2, ... and gives up at 100 000", rarely="values")
@hint("How many steps does a delta of 1e-8 need? Can you find the number without counting up to it?")
def steps_to_mix_gives_up_late(delta, tolerance):
    kept, steps = 0.0, 0
    while kept > math.log(tolerance) * (1 - 1e-12) and steps < 100_000:
        steps += 1
        kept = -math.inf if delta == 0.5 else steps * math.log1p(-2 * delta)
    return steps


@wrong("raises the precision of the decimal module for the whole program", rarely="global state")
@hint("Who else in the program uses the setting that you change? Look up decimal.localcontext.")
def steps_to_mix_decimal_context(delta, tolerance):
    import decimal

    decimal.getcontext().prec = 60
    if tolerance == 1:
        return 0
    if delta == 0.5:
        return 1
    steps = decimal.Decimal(tolerance).ln() / (1 - 2 * decimal.Decimal(delta)).ln()
    return math.ceil(steps - steps * decimal.Decimal("1e-12"))


TASK = "diffusion.binary.q_sample"


@wrong("at t = 0 the result is y_0 itself", sometimes="shares memory")
@hint("What happens to the caller's y_0 if somebody writes into your result?")
def q_sample_returns_y_0_at_zero(y_0, t, delta, generator=None):
    if isinstance(t, int) and t == 0:
        return y_0
    flipped = _per_image(replacement_probability(t, delta), y_0) / 2
    flip = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < flipped
    return torch.where(flip, -y_0, y_0)


@wrong("antithetic coins: the second half of a batch uses 1 - u of the first half", rarely="distribution")
@hint("Does the first image of your batch say anything about the noise of another one?")
def q_sample_antithetic_halves(y_0, t, delta, generator=None):
    flipped = _per_image(replacement_probability(t, delta), y_0) / 2
    half = (len(y_0) + 1) // 2
    u = torch.rand((half, *y_0.shape[1:]), generator=generator, dtype=torch.float64, device=y_0.device)
    u = torch.cat([u, 1 - u])[: len(y_0)]
    return torch.where(u < flipped, -y_0, y_0)


@wrong("reseeds torch's global generator if no generator is given", sometimes="distribution")
@hint("What do two calls without a generator return? Who should choose the seed?")
def q_sample_seeds_global(y_0, t, delta, generator=None):
    if generator is None:
        torch.manual_seed(42)
    flipped = _per_image(replacement_probability(t, delta), y_0) / 2
    flip = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < flipped
    return torch.where(flip, -y_0, y_0)
