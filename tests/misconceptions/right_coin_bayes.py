"""Right answers of another make: jumps to time t, the posterior and the loss for coins."""

from autograder.misconceptions.writing import right

TASK = "diffusion.binary.q_sample"


@right("two coins for each pixel, both from torch.bernoulli")
def coin_q_sample_by_two_coins(y_0, t, delta, generator):
    replaced = _per_image(replacement_probability(t, delta), y_0).expand(y_0.shape).contiguous()
    halves = torch.full(y_0.shape, 0.5, dtype=torch.float64, device=y_0.device)
    fair = 2 * torch.bernoulli(halves, generator=generator) - 1
    replace = torch.bernoulli(replaced, generator=generator)
    return torch.where(replace == 1, fair.to(y_0.dtype), y_0)


@right("draws when each pixel is replaced first (an exponential time) and compares with t")
def coin_q_sample_by_time_of_first_replacement(y_0, t, delta, generator):
    first = torch.empty(y_0.shape, dtype=torch.float64, device=y_0.device).exponential_(generator=generator)
    if delta < 0.5:
        first = first / -math.log1p(-2 * delta) if delta > 0 else torch.full_like(first, math.inf)
    else:
        first = torch.zeros_like(first)
    fair = torch.randint(2, y_0.shape, generator=generator, device=y_0.device).to(y_0.dtype).mul(2).sub(1)
    return torch.where(first < _per_image(torch.as_tensor(t), y_0), fair, y_0)


@right("image by image, one uniform number in three zones")
def coin_q_sample_image_by_image(y_0, t, delta, generator):
    times = torch.as_tensor(t).expand(len(y_0)).tolist()
    y_t = y_0.clone(memory_format=torch.contiguous_format)
    for i, time in enumerate(times):
        p = float(replacement_probability(time, delta))
        u = torch.rand(y_0.shape[1:], generator=generator, dtype=torch.float64, device=y_0.device)
        y_t[i].masked_fill_(u < p, -1.0).masked_fill_(u < p / 2, 1.0)
    return y_t


@right("the probability of +1 for each pixel from powers of 1 - 2 delta, then one coin")
def coin_q_sample_by_mean_of_pixel(y_0, t, delta, generator):
    kept = (1.0 - 2 * delta) ** torch.as_tensor(t, device=y_0.device).to(torch.float64)
    kept = kept.reshape(kept.shape + (1,) * (y_0.ndim - kept.ndim)) if kept.ndim else kept
    up = (1 + kept * y_0.double()) / 2
    return torch.bernoulli(up, generator=generator).mul(2).sub(1).to(y_0.dtype)


TASK = "diffusion.binary.posterior"


@right("adds log-odds in float64 and takes the sigmoid")
def coin_posterior_by_log_odds(y_t, y_0, t, delta):
    f = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    from_y_0 = y_0.double() * (torch.log1p(-f) - torch.log(f))  # infinite at t = 1
    from_y_t = y_t.double() * (math.log1p(-delta) - math.log(delta))
    return torch.sigmoid(from_y_0 + from_y_t).to(y_t.dtype)


@right("matrices as in D3PM: row of Q^(t-1) times column of Q, normalized over the two states")
def coin_posterior_by_transition_matrices(y_t, y_0, t, delta):
    one = torch.tensor([[1 - delta, delta], [delta, 1 - delta]], dtype=torch.float64)
    now = torch.stack([y_t < 0, y_t > 0], -1).double()
    start = torch.stack([y_0 < 0, y_0 > 0], -1).double()
    result = []
    for i, time in enumerate(torch.as_tensor(t).expand(len(y_t)).tolist()):
        before = torch.linalg.matrix_power(one, time - 1).to(y_t.device)
        joint = (start[i] @ before) * (now[i] @ one.T.to(y_t.device))
        result.append(joint[..., 1] / joint.sum(-1))
    return torch.stack(result).to(y_t.dtype)


@right("a table of the four cases for each time, looked up for each pixel")
def coin_posterior_by_table(y_t, y_0, t, delta):
    f = (replacement_probability(t - 1, delta) / 2).reshape(-1)

    def share(for_up, for_down):
        return for_up / (for_up + for_down)

    cases = [  # (y_0, y_t) = (-1, -1), (-1, +1), (+1, -1), (+1, +1)
        share(f * delta, (1 - f) * (1 - delta)),
        share(f * (1 - delta), (1 - f) * delta),
        share((1 - f) * delta, f * (1 - delta)),
        share((1 - f) * (1 - delta), f * delta),
    ]
    table = torch.stack(cases, dim=1).to(y_t.device).expand(len(y_t), 4)
    case = (2 * (y_0 > 0) + (y_t > 0)).long().reshape(len(y_t), -1)
    return torch.gather(table, 1, case).reshape(y_t.shape).to(y_t.dtype)


@right("the mean of Y_{t-1}: two means add like velocities")
def coin_posterior_by_adding_velocities(y_t, y_0, t, delta):
    f = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    a, b = 1 - 2 * f, 1 - 2 * delta
    agree = (a + b) / (1 + a * b)
    differ = (delta - f) / (f + delta - 2 * f * delta)  # (a - b) / (1 - a * b) without cancellation
    mean = y_0.double() * torch.where(y_t == y_0, agree, differ)
    return ((1 + mean) / 2).clamp(0, 1).to(y_t.dtype)


TASK = "diffusion.binary.kl_loss"


@right("F.kl_div on two classes made with logsigmoid")
def kl_loss_by_two_classes(logits, target_prob):
    from torch.nn import functional as F

    p = target_prob.detach().to(logits.dtype)
    log_q = torch.stack([F.logsigmoid(logits), F.logsigmoid(-logits)])
    return F.kl_div(log_q, torch.stack([p, 1 - p]), reduction="sum") / len(logits)


@right("float64 inside: softplus by logaddexp, xlogy and xlog1py")
def kl_loss_by_logaddexp_in_double(logits, target_prob):
    z, p = logits.double(), target_prob.detach().double()
    zero = torch.zeros_like(z)
    cross = p * torch.logaddexp(zero, -z) + (1 - p) * torch.logaddexp(zero, z)
    negative_entropy = torch.xlogy(p, p) + torch.special.xlog1py(1 - p, -p)
    per_image = (cross + negative_entropy).reshape(len(z), -1).sum(dim=1)
    return per_image.mean().to(logits.dtype)


@right("a Python loop over images adds -log_prob of torch's Bernoulli and subtracts torch.special.entr")
def kl_loss_by_bernoulli_image_by_image(logits, target_prob):
    from torch.distributions import Bernoulli

    total = torch.zeros((), dtype=torch.float64, device=logits.device)
    for z, p in zip(logits, target_prob.detach().double(), strict=True):
        cross = -Bernoulli(logits=z.double(), validate_args=False).log_prob(p)
        total = total + (cross - torch.special.entr(p) - torch.special.entr(1 - p)).sum()
    return (total / len(logits)).to(logits.dtype)


@right("an autograd function of its own: the gradient of a logit is sigmoid(logit) - target")
def kl_loss_with_own_backward(logits, target_prob):
    class CoinKL(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, p):
            ctx.save_for_backward(z, p)
            miss = torch.where(
                z < 0, p, 1 - p
            )  # probability of the side in which the network does not believe
            cross = miss * z.abs() + torch.log1p(torch.exp(-z.abs()))
            return cross + torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)

        @staticmethod
        def backward(ctx, grad):
            z, p = ctx.saved_tensors
            return grad * (torch.sigmoid(z) - p), None

    pixels = CoinKL.apply(logits.double(), target_prob.detach().double())
    return torch.einsum("b...->", pixels).div(logits.shape[0]).to(logits.dtype)
