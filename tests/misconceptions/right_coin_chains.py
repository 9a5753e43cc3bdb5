"""Right answers of another make: training, reverse steps and code lengths of the coin-flip network."""

from autograder.misconceptions.writing import right

TASK = "diffusion.binary.training_loss"


@right("times from floor(T * uniform) + 1")
def training_loss_times_by_floor(network, y_0, num_steps, delta, generator):
    u = torch.rand(y_0.shape[0], generator=generator, dtype=torch.float64, device=y_0.device)
    t = torch.floor(u * num_steps).long() + 1
    noisy = q_sample(y_0, t, delta, generator)
    target = posterior(noisy, y_0, t, delta).detach()
    return kl_loss(logits=network(noisy, t), target_prob=target)


@right("times from torch.multinomial; noisy images and targets image by image, with an int for the time")
def training_loss_image_by_image_again(network, y_0, num_steps, delta, generator):
    weights = torch.ones(num_steps, dtype=torch.float64, device=y_0.device)
    t = torch.multinomial(weights, len(y_0), replacement=True, generator=generator) + 1
    noisy, targets = [], []
    for image, time in zip(y_0.split(1), t.tolist(), strict=True):
        noisy.append(q_sample(image, time, delta, generator))
        targets.append(posterior(noisy[-1], image, time, delta))
    return kl_loss(network(torch.cat(noisy), t), torch.cat(targets))


@right("draws Y_{t-1} by the jump and Y_t by one more flip; means of float64 terms")
def training_loss_by_jump_and_flip(network, y_0, num_steps, delta, generator):
    with torch.no_grad():
        before = torch.randint(num_steps, y_0.shape[:1], generator=generator, device=y_0.device)
        y_t = flip_step(q_sample(y_0, before, delta, generator), delta, generator)
        p = posterior(y_t, y_0, before + 1, delta).double()
    logits = network(y_t, before + 1)
    z = logits.double()
    zero = torch.zeros_like(z)
    nats = p * torch.logaddexp(zero, -z) + (1 - p) * torch.logaddexp(zero, z)
    nats = nats - torch.special.entr(p) - torch.special.entr(1 - p)
    return (nats.mean() * y_0[0].numel()).to(logits.dtype)


@right("everything but the network in one helper, draws the coins in two halves from fair coins")
def training_loss_with_helper_for_batch(network, y_0, num_steps, delta, generator):
    def make_batch():
        t = torch.empty(len(y_0), dtype=torch.long, device=y_0.device).random_(
            1, num_steps + 1, generator=generator
        )
        p = _per_image(replacement_probability(t, delta), y_0)
        replaced = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < p
        fair = torch.randint(0, 2, y_0.shape, generator=generator, device=y_0.device).to(y_0.dtype) * 2 - 1
        return torch.where(replaced, fair, y_0), t

    noisy, t = make_batch()
    return kl_loss(network(noisy, t), posterior(noisy, y_0, t, delta))


TASK = "diffusion.binary.ancestral_step"


@right("torch.bernoulli of the sigmoid in float64")
def ancestral_step_by_bernoulli_again(network, y_t, t, generator):
    times = torch.tensor([t] * y_t.shape[0], dtype=torch.int64, device=y_t.device)
    up = torch.sigmoid(network(y_t, times).double())
    return (torch.bernoulli(up, generator=generator) * 2 - 1).to(y_t.dtype)


@right("logistic noise: the logit is compared with the logit of a uniform number")
def ancestral_step_by_logistic_noise_again(network, y_t, t, generator):
    logits = network(y_t, y_t.new_full((len(y_t),), t, dtype=torch.long))
    u = torch.rand(y_t.shape, dtype=torch.float64, generator=generator, device=y_t.device)
    down = torch.logit(u) >= logits
    return torch.ones_like(y_t).masked_fill_(down, -1.0)


@right("image by image: starts from +1 and negates in place")
def ancestral_step_image_by_image(network, y_t, t, generator):
    times = torch.ones(len(y_t), device=y_t.device).long() * t
    y_prev = torch.ones(y_t.shape, dtype=y_t.dtype, device=y_t.device)
    for i, logits in enumerate(network(y_t, times)):
        u = torch.rand(logits.shape, generator=generator, dtype=torch.float64, device=y_t.device)
        y_prev[i] = torch.where(u < torch.sigmoid(-logits.double()), -y_prev[i], y_prev[i])
    return y_prev


@right("flips the pixels that disagree: sign of the pixel times a coin with the probability to keep it")
def ancestral_step_by_keeping_pixels(network, y_t, t, generator):
    times = torch.as_tensor(t, device=y_t.device).repeat(len(y_t))
    keep = torch.special.expit(network(y_t, times).double() * y_t.double())
    kept = torch.rand(y_t.shape, generator=generator, dtype=torch.float64, device=y_t.device) < keep
    return y_t * kept.to(y_t.dtype).mul(2).sub(1)


TASK = "diffusion.binary.bits_per_pixel"


@right("the last term is kl_loss against logits of 0; a Python list of terms, from T down to 1, in float64")
def bits_per_pixel_last_term_by_kl_loss(network, y_0, num_steps, delta, generator):
    kept = 1 - replacement_probability(num_steps, delta).item()
    up = (1 + kept * y_0.double()) / 2
    terms = [kl_loss(torch.zeros_like(up), up)]
    for t in reversed(range(1, num_steps + 1)):
        times = y_0.new_full(y_0.shape[:1], t, dtype=torch.long)
        y_t = q_sample(y_0, times, delta, generator)
        terms.append(kl_loss(network(y_t, times).double(), posterior(y_t, y_0, times, delta).double()))
    return (torch.stack(terms).sum() / math.log(2) / math.prod(y_0.shape[1:])).to(y_0.dtype)


@right(
    "draws the noisy images of all times first; the last term from (1 + k) log(1 + k) + (1 - k) log(1 - k)"
)
def bits_per_pixel_draws_first(network, y_0, num_steps, delta, generator):
    noisy = [q_sample(y_0, t, delta, generator) for t in range(1, num_steps + 1)]
    kept = 1 - replacement_probability(num_steps, delta)
    last = (torch.special.xlog1py(1 + kept, kept) + torch.special.xlog1py(1 - kept, -kept)) / 2
    bits = float(last) / math.log(2)
    for t, y_t in enumerate(noisy, start=1):
        times = torch.full((len(y_0),), t, device=y_0.device)
        nats = kl_loss(network(y_t, times), posterior(y_t, y_0, t, delta))
        bits += nats.item() / (y_0[0].numel() * math.log(2))
    return torch.tensor(bits, dtype=y_0.dtype, device=y_0.device)


@right("all times of all images as one large batch, with one call of the network")
def bits_per_pixel_in_one_batch_again(network, y_0, num_steps, delta, generator):
    times = torch.arange(1, num_steps + 1, device=y_0.device).repeat_interleave(len(y_0))
    images = y_0.repeat(num_steps, *[1] * (y_0.ndim - 1))
    y_t = q_sample(images, times, delta, generator)
    nats = kl_loss(network(y_t, times), posterior(y_t, images, times, delta)) * num_steps
    f = float(replacement_probability(num_steps, delta)) / 2
    entropy = -f * math.log2(f) - (1 - f) * math.log2(1 - f)
    return (nats / math.log(2) / y_0[0].numel() + (1 - entropy)).to(y_0.dtype)


@right("measures in bits with log2, image by image")
def bits_per_pixel_image_by_image(network, y_0, num_steps, delta, generator):
    def bits(p, q_up, q_down):  # of one image, float64
        entropy = torch.special.entr(p) + torch.special.entr(1 - p)
        return (-p * q_up - (1 - p) * q_down - entropy).sum() / math.log(2)

    chance = replacement_probability(num_steps, delta).to(y_0.device) * 0.5
    total = torch.zeros(len(y_0), dtype=torch.float64, device=y_0.device)
    log_half = math.log(0.5)
    for i in range(len(y_0)):
        total[i] = bits(chance.expand(y_0[i].shape), log_half, log_half)
    for t in range(1, 1 + num_steps):
        times = torch.ones_like(total, dtype=torch.long) * t
        y_t = q_sample(y_0, times, delta, generator)
        logits = network(y_t, times).double()
        up = posterior(y_t, y_0, times, delta).double()
        for i in range(len(y_0)):
            log_q = [torch.nn.functional.logsigmoid(sign * logits[i]) for sign in (1, -1)]
            total[i] += bits(up[i], *log_q)
    return (total.mean() / y_0[0].numel()).to(y_0.dtype)
