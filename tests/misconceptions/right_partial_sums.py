"""Right answers of another make: the toy model of partial sums."""

from autograder.misconceptions.writing import right

TASK = "early_exit.partial_sums.remaining_variance"


@right("math.fsum over the rest of the list")
def remaining_variance_fsum(variances, k):
    import math

    return torch.tensor(math.fsum(variances[k:].tolist()), dtype=torch.float64)


@right("all sums from the back at once, and the one at k")
def remaining_variance_sums_from_the_back(variances, k):
    padded = torch.cat([variances, variances.new_zeros(1)])
    return padded.flip(0).cumsum(0).flip(0)[k].clone()


@right("a Python loop that skips the terms that are known")
def remaining_variance_loop(variances, k):
    rest = torch.zeros((), dtype=torch.float64, device=variances.device)
    for number, variance in enumerate(variances, start=1):
        if number > k:
            rest = rest + variance
    return rest


@right("sets the known terms to 0 and sums all")
def remaining_variance_known_terms_zeroed(variances, k):
    known = torch.arange(len(variances), device=variances.device) < k
    return variances.masked_fill(known, 0.0).sum()


TASK = "early_exit.partial_sums.geometric_remaining_variance"


@right("one half to the power k")
def geometric_power_of_one_half(k):
    return 0.5 ** k.to(torch.float64)


@right("formula of the geometric series: first term over one minus the ratio")
def geometric_series_formula(k):
    first = torch.pow(torch.full_like(k, 2.0, dtype=torch.float64), -(k.double() + 1))
    return first / (1 - 0.5)


@right("numpy's ldexp")
def geometric_numpy_ldexp(k):
    import numpy as np

    value = np.ldexp(1.0, -k.cpu().numpy().astype(np.int64))
    return torch.as_tensor(value, dtype=torch.float64).reshape(k.shape).to(k.device)


@right("exponential of -k log 2")
def geometric_exp_of_minus_k_log_two(k):
    import math

    return torch.exp(k.double() * -math.log(2.0))


@right("Python floats, one k after the other")
def geometric_python_floats(k):
    values = [2.0 ** -float(one) for one in k.flatten().tolist()]
    return torch.tensor(values, dtype=torch.float64, device=k.device).reshape(k.shape)


TASK = "early_exit.partial_sums.probability_nonpositive"


@right("exponential of log_ndtr")
def probability_exp_of_log_ndtr(partial_sum, remaining_variance):
    m, v = torch.broadcast_tensors(partial_sum, remaining_variance)
    open_ = torch.exp(torch.special.log_ndtr(-m / v.sqrt()))
    return torch.where(v > 0, open_, (m <= 0).to(torch.float64))


@right("scipy.special.ndtr")
def probability_by_scipy_ndtr(partial_sum, remaining_variance):
    import numpy as np
    from scipy.special import ndtr

    device = (partial_sum + remaining_variance).device
    pair = (x.detach().cpu().numpy() for x in (partial_sum, remaining_variance))
    m, v = np.broadcast_arrays(*pair)
    scale = np.sqrt(np.where(v == 0, 1.0, v))
    value = np.where(v == 0, np.where(m <= 0, 1.0, 0.0), ndtr(-m / scale))
    return torch.as_tensor(value, dtype=torch.float64).to(device)


@right("math.erfc, number by number")
def probability_math_erfc_loop(partial_sum, remaining_variance):
    import math

    sums, variances = torch.broadcast_tensors(partial_sum, remaining_variance)
    values = []
    for m, v in zip(sums.flatten().tolist(), variances.flatten().tolist(), strict=True):
        if v == 0:
            values.append(1.0 if m <= 0 else 0.0)
        else:
            values.append(math.erfc(m / math.sqrt(v) / math.sqrt(2)) / 2)
    return torch.tensor(values, dtype=torch.float64, device=sums.device).reshape(sums.shape)


@right("erfcx of the distance from 0, mirrored for negative sums")
def probability_erfcx_mirrored(partial_sum, remaining_variance):
    spread = torch.where(remaining_variance == 0, 1.0, remaining_variance)
    x = partial_sum / spread.sqrt() * 0.5**0.5
    tail = 0.5 * torch.special.erfcx(x.abs()) * torch.exp(-x.square())
    value = torch.where(x > 0, tail, 1 - tail)
    certain = (partial_sum <= 0).to(value.dtype)
    return torch.where(remaining_variance == 0, certain, value)


@right("lets the division by 0 give infinities, and repairs only 0 / 0")
def probability_repairs_zero_over_zero(partial_sum, remaining_variance):
    z = partial_sum / remaining_variance.sqrt()
    return torch.nan_to_num(torch.special.erfc(z / 2**0.5) / 2, nan=1.0)


TASK = "early_exit.partial_sums.log_probability_nonpositive"


@right("scipy.special.log_ndtr")
def log_probability_by_scipy(partial_sum, remaining_variance):
    import numpy as np
    from scipy.special import log_ndtr

    device = (partial_sum + remaining_variance).device
    pair = (x.detach().cpu().numpy() for x in (partial_sum, remaining_variance))
    m, v = np.broadcast_arrays(*pair)
    scale = np.sqrt(np.where(v == 0, 1.0, v))
    value = np.where(v == 0, np.where(m <= 0, 0.0, -np.inf), log_ndtr(-m / scale))
    return torch.as_tensor(value, dtype=torch.float64).to(device)


@right("log of erfcx minus the square in the tail, log1p on the other side")
def log_probability_erfcx_and_log1p(partial_sum, remaining_variance):
    x = torch.nan_to_num(partial_sum / (2 * remaining_variance).sqrt(), nan=-torch.inf)
    far = x.clamp(min=0.0)
    tail = torch.log(torch.special.erfcx(far) / 2) - far * far
    return torch.where(x > 0, tail, torch.log1p(-torch.special.erfc(-x) / 2))


@right("Python floats with the asymptotic series in the far tail")
def log_probability_asymptotic_series(partial_sum, remaining_variance):
    import math

    def one(m, v):
        if v == 0:
            return 0.0 if m <= 0 else -math.inf
        x = m / math.sqrt(v) / math.sqrt(2)
        if x <= 0:
            return math.log1p(-math.erfc(-x) / 2)
        if x < 25:
            return math.log(math.erfc(x) / 2)
        y = 1 / (2 * x * x)
        series = math.log1p(-y + 3 * y**2 - 15 * y**3)
        return -x * x - math.log(2 * x * math.sqrt(math.pi)) + series

    sums, variances = torch.broadcast_tensors(partial_sum, remaining_variance)
    pairs = zip(sums.flatten().tolist(), variances.flatten().tolist(), strict=True)
    values = [one(m, v) for m, v in pairs]
    return torch.tensor(values, dtype=torch.float64, device=sums.device).reshape(sums.shape)


@right("continued fraction of Mills' ratio in the tail, log of the probability elsewhere")
def log_probability_mills_ratio(partial_sum, remaining_variance):
    import math

    direct = probability_nonpositive(partial_sum, remaining_variance)
    scale = torch.where(remaining_variance == 0, 1.0, remaining_variance).sqrt()
    z = (partial_sum / scale).clamp(min=2.0)
    fraction = z
    for number in range(300, 0, -1):
        fraction = z + number / fraction
    tail = -0.5 * z * z - 0.5 * math.log(2 * math.pi) - fraction.log()
    in_tail = (partial_sum > 2 * scale) & (remaining_variance > 0)
    return torch.where(in_tail, tail, direct.log())
