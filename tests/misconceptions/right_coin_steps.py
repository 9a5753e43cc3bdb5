"""Right answers of another make: forward steps with coins, and how long they take to mix."""

from autograder.misconceptions.writing import right

TASK = "diffusion.binary.flip_step"


@right("multiplies by a sign made from torch.bernoulli")
def flip_step_by_sign_factor(y, delta, generator):
    coins = torch.bernoulli(
        torch.full(y.shape, delta, dtype=torch.float64, device=y.device), generator=generator
    )
    return y * (1 - 2 * coins).to(y.dtype)


@right("image by image: negates the chosen pixels of a copy in place")
def flip_step_image_by_image_again(y, delta, generator):
    images = []
    for image in y:
        image = image.clone()
        u = torch.rand(image.shape, generator=generator, device=y.device, dtype=torch.float64)
        image[u < delta] *= -1
        images.append(image)
    return torch.stack(images)


@right("waits an exponential time for the flip: P(wait < -log(1 - delta)) = delta")
def flip_step_by_exponential_wait(y, delta, generator):
    wait = torch.empty(y.shape, dtype=torch.float64, device=y.device).exponential_(generator=generator)
    flips = wait < -math.log1p(-delta)
    return y.masked_fill(flips, 0) - y.masked_fill(~flips, 0)


@right("torch.multinomial chooses one of the two rows (y, -y)")
def flip_step_by_multinomial(y, delta, generator):
    chances = torch.tensor([1 - delta, delta], dtype=torch.float64, device=y.device)
    which = torch.multinomial(chances.repeat(y.numel(), 1), 1, generator=generator).reshape(y.shape)
    return torch.stack([y, -y]).gather(0, which[None])[0]


TASK = "diffusion.binary.replace_step"


@right("one uniform number in three zones: new -1, new +1, unchanged")
def replace_step_by_three_zones(y, delta, generator):
    u = torch.rand(y.shape, generator=generator, device=y.device, dtype=torch.float64)
    result = y.clone()
    result[u < delta] = -1
    result[(u >= delta) & (u < 2 * delta)] = 1
    return result


@right("arithmetic with 0/1 coins: r * f + (1 - r) * y")
def replace_step_by_arithmetic(y, delta, generator):
    fair = 2 * torch.randint(0, 2, y.shape, generator=generator, device=y.device) - 1
    r = torch.empty(y.shape, device=y.device, dtype=torch.float64).bernoulli_(2 * delta, generator=generator)
    return (r * fair + (1 - r) * y).to(y.dtype)


@right("throws a fair coin only for the pixels that are replaced")
def replace_step_throws_only_needed_coins(y, delta, generator):
    shown = torch.rand(y.shape, generator=generator, device=y.device, dtype=torch.float64) < 2 * delta
    halves = torch.full((int(shown.sum()),), 0.5, dtype=y.dtype, device=y.device)
    new = torch.bernoulli(halves, generator=generator) * 2 - 1
    return torch.clone(y).masked_scatter_(shown, new)


@right("per image: the sign of a normal number is the fair coin, torch.lerp replaces")
def replace_step_by_normal_signs(y, delta, generator):
    def replace(image):
        u = torch.rand(image.shape, generator=generator, device=y.device, dtype=torch.float64)
        z = torch.randn(image.shape, generator=generator, device=y.device)
        fair = torch.ones_like(image).copysign(z.to(y.dtype))
        return torch.lerp(image, fair, (u < 2 * delta).to(y.dtype))

    return torch.stack([replace(image) for image in y], dim=0)


TASK = "diffusion.binary.replacement_probability"


@right("numpy's expm1 and log1p")
def replacement_probability_by_numpy(t, delta):
    import numpy as np

    steps = np.asarray(torch.as_tensor(t).cpu().numpy(), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        probability = -np.expm1(steps * np.log1p(-2.0 * delta))
    probability = np.where(steps == 0, 0.0, probability)
    return torch.tensor(probability, dtype=torch.float64, device=torch.as_tensor(t).device)


@right("binary digits of t: p of a + b steps is p_a + p_b (1 - p_a)")
def replacement_probability_by_binary_digits(t, delta):
    left = torch.as_tensor(t).clone()
    p = torch.zeros(left.shape, dtype=torch.float64, device=left.device)
    block = 2.0 * delta  # probability within 1, 2, 4, ... steps
    while bool((left > 0).any()):
        p = torch.where(left % 2 == 1, p + block * (1 - p), p)
        block = block + block * (1 - block)
        left = left // 2
    return p


@right("hyperbolic functions: 1 - exp(-2x) = 2 tanh(x) / (1 + tanh(x)), and atanh for the logarithm")
def replacement_probability_by_tanh(t, delta):
    steps = torch.as_tensor(t).double()
    rate = torch.atanh(torch.tensor(delta / (1 - delta), dtype=torch.float64)).to(steps.device)
    tanh = torch.tanh(torch.nan_to_num(steps * rate, nan=0.0, posinf=math.inf))
    return 2 * tanh / (1 + tanh)


@right("Python's math, time by time, with the two ends as special cases")
def replacement_probability_by_math_time_by_time(t, delta):
    def one(steps):
        if steps == 0:
            return 0.0
        return 1.0 if delta == 0.5 else -math.expm1(steps * math.log1p(-2 * delta))

    if isinstance(t, int):
        return torch.tensor(one(t), dtype=torch.float64)
    values = [one(steps) for steps in t.flatten().tolist()]
    return torch.tensor(values, dtype=torch.float64, device=t.device).reshape(t.shape)


TASK = "diffusion.binary.steps_to_mix"


@right("exact for the given floats: logarithms of 80 digits")
def steps_to_mix_by_decimals(delta, tolerance):
    from decimal import ROUND_CEILING, Context, Decimal

    if delta == 0.5:
        return int(tolerance < 1)
    precise = Context(prec=400, Emin=-9999, Emax=9999)
    kept = precise.subtract(1, precise.multiply(2, Decimal(delta)))
    short = Context(prec=80, Emin=-9999, Emax=9999)
    steps = short.divide(short.ln(Decimal(tolerance)), short.ln(kept))
    whole = steps.to_integral_value()
    if abs(short.subtract(steps, whole)) <= short.scaleb(whole, -60):
        return int(whole)
    return int(steps.to_integral_value(rounding=ROUND_CEILING))


@right("doubles T until it is enough, then bisects")
def steps_to_mix_by_bisection_again(delta, tolerance):
    def enough(steps):
        if steps == 0 or delta == 0.5:
            return steps > 0 or tolerance == 1
        return steps * math.log1p(-2 * delta) <= math.log(tolerance) * (1 - 1e-15)

    low, high = -1, 1
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


@right("compares the half-lives that are needed with those of one step")
def steps_to_mix_by_half_lives(delta, tolerance):
    if tolerance == 1.0:
        return 0
    if 2 * delta >= 1:
        return 1
    per_step = -math.log1p(-2 * delta) / math.log(2)
    steps = -math.log2(tolerance) / per_step
    nearest = round(steps)
    return nearest if math.isclose(steps, nearest, rel_tol=1e-12) else math.floor(steps) + 1


@right("adds powers of two from the largest down, as long as too much is left unreplaced")
def steps_to_mix_by_powers_of_two(delta, tolerance):
    if tolerance >= 1:
        return 0
    target = -math.log(tolerance) * (1 - 1e-14)
    rate = -math.log1p(-2 * delta) if delta < 0.5 else math.inf
    too_few = 0
    for power in reversed(range(max(1, math.ceil(target / rate)).bit_length() + 1)):
        if (too_few + 2**power) * rate < target:
            too_few += 2**power
    return too_few + 1
