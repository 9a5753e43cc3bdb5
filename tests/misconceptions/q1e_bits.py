"""Question 1(e): the bound on the code length."""

from autograder.misconceptions.bank import right, wrong

BITS = "diffusion.binary.bits_per_pixel"


@wrong(
    BITS,
    says="forgets what is left of the image in Y_T",
    hint="Which term of the docstring's sum does not depend on the network?",
    common="often",
    failure="distribution",
)
def bits_per_pixel_without_last_image(network, y_0, num_steps, delta, generator):
    num_pixels = y_0[0].numel()
    nats = torch.zeros((), dtype=y_0.dtype, device=y_0.device)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="counts nats",
    hint="In which unit is the bound?",
    common="often",
    failure="constant factor",
)
def bits_per_pixel_in_nats(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / num_pixels


@wrong(
    BITS,
    says="gives the bits of an image, not those of a pixel",
    hint="How many bits does an image of fair coins cost by your code?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_of_the_image(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    nats = ((math.log(2) - entropy) * y_0[0].numel()).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / math.log(2)


@wrong(
    BITS,
    says="divides by the pixels of the whole batch",
    hint="What does `kl_loss` do with the batch already?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_divides_by_batch_twice(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0.numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="averages over the times, where their sum is due",
    hint="Is it a sum over t in the docstring?",
    common="often",
    failure="distribution",
)
def bits_per_pixel_mean_over_times(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)) / num_steps
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="takes T times the training loss instead of visiting every time",
    hint="Which times does each image meet, by the docstring?",
    common="often",
    failure="distribution",
)
def bits_per_pixel_by_training_loss(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    nats = nats + num_steps * training_loss(network, y_0, num_steps, delta, generator=generator)
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="leaves out the first step",
    hint="Is t = 1 one of the times? What does it cost to get from Y_1 to the image?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_from_second_step(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(2, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="leaves out the last step, T",
    hint="Does Python's range contain its end?",
    common="often",
    failure="distribution",
)
def bits_per_pixel_without_last_step(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="takes the probability of a replacement for that of a flip in Y_T",
    hint="With which probability has a pixel of Y_T another sign than y_0? Try delta = 1/2.",
    common="often",
    failure="distribution",
)
def bits_per_pixel_all_replaced_flip(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta)
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="adds the entropy of Y_T where its divergence from fair coins is due",
    hint="What should this term be if Y_T is as good as fair coins?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_entropy_of_last_image(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = (entropy * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="counts what is left of one pixel in Y_T, not of all",
    hint="Over what does the docstring sum in both terms?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_one_pixel_of_last_image(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = (math.log(2) - entropy).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="draws the noise once, for T, and keeps it for all times",
    hint="Which law has y_t at each t, by the docstring?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_noise_drawn_once(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    y_t = q_sample(y_0, num_steps, delta, generator=generator)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="walks one chain of noise from t to t + 1 instead of drawing afresh",
    hint="`One fresh draw of Y_t`: are two neighbouring times independent in your code?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_along_one_chain(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    y_t = y_0
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = flip_step(y_t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="draws without the generator that it is given",
    hint="Does every draw get the generator?",
    common="often",
    failure="ignores an argument",
)
def bits_per_pixel_without_generator(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="hands the network an int where one time for each image is due",
    hint="How is a `Network` called? See the top of the file.",
    common="often",
    failure="exception",
)
def bits_per_pixel_int_time(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for t in range(1, num_steps + 1):
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="sums cross-entropies, which count the noise's own entropy as well",
    hint="What is each term where the network says P exactly?",
    common="sometimes",
    failure="distribution",
)
def bits_per_pixel_of_cross_entropies(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        target = posterior(y_t, y_0, t, delta)
        cross_entropy = F.binary_cross_entropy_with_logits(network(y_t, t), target, reduction="sum")
        nats = nats + cross_entropy / len(y_0)
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="returns double precision whatever the images were",
    hint="What does the docstring say of the dtype, and in which one does `replacement_probability` answer?",
    common="often",
    failure="dtype",
)
def bits_per_pixel_in_double_precision(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = (math.log(2) - entropy) * num_pixels
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong(
    BITS,
    says="returns a plain number",
    hint="Of which type is the result?",
    common="sometimes",
    failure="type",
)
def bits_per_pixel_as_number(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta).item() / 2
    entropy = -flipped * math.log(flipped) - (1 - flipped) * math.log(1 - flipped)
    num_pixels = y_0[0].numel()
    nats = (math.log(2) - entropy) * num_pixels
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats += kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)).item()
    return nats / (num_pixels * math.log(2))


@right(BITS, says="puts all times into one batch, and takes the last term for a loss of `kl_loss` too")
def bits_per_pixel_in_one_batch(network, y_0, num_steps, delta, generator):
    t = torch.arange(1, num_steps + 1, device=y_0.device).repeat_interleave(len(y_0))
    images = y_0.repeat(num_steps, *[1] * (y_0.ndim - 1))
    y_t = q_sample(images, t, delta, generator=generator)
    steps = num_steps * kl_loss(network(y_t, t), posterior(y_t, images, t, delta))
    flipped = (replacement_probability(num_steps, delta) / 2).to(y_0)
    start = kl_loss(torch.zeros_like(y_0[:1]), flipped.expand(y_0[:1].shape))
    return (steps + start) / (y_0[0].numel() * math.log(2))


@right(BITS, says="visits the times from T down, in halves of the batch, in double precision")
def bits_per_pixel_downwards(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta).item() / 2
    start = math.log(2) + flipped * math.log(flipped) + (1 - flipped) * math.log1p(-flipped)
    total = 0.0
    for part in y_0.tensor_split(2) if len(y_0) > 1 else [y_0]:
        for step in range(num_steps, 0, -1):
            t = torch.full((len(part),), step, device=y_0.device)
            y_t = q_sample(part, step, delta, generator=generator)
            target = posterior(y_t, part, step, delta)
            total += len(part) * kl_loss(network(y_t, t), target).double().item()
    return y_0.new_tensor((start + total / y_0.numel()) / math.log(2))
