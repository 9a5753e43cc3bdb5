"""Question 1(e): the bound on the code length."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.bits_per_pixel"


@wrong("forgets the information about the image that is left in Y_T", often="distribution")
@hint("Which term of the docstring's sum does not depend on the network?")
def bits_per_pixel_without_last_image(network, y_0, num_steps, delta, generator):
    num_pixels = y_0[0].numel()
    nats = torch.zeros((), dtype=y_0.dtype, device=y_0.device)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong("counts in nats", often="constant factor")
@hint("Which unit does the docstring name for the bound?")
@edit("nats / (num_pixels * math.log(2))", "nats / num_pixels")
def bits_per_pixel_in_nats(): ...


@wrong("returns the bits of an image, not the bits of a pixel", sometimes="distribution")
@hint("How many bits does an image of fair coins cost in your code?")
def bits_per_pixel_of_the_image(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    nats = ((math.log(2) - entropy) * y_0[0].numel()).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / math.log(2)


@wrong("divides by the number of pixels of the whole batch", sometimes="distribution")
@hint("What does `kl_loss` already do with the batch?")
@edit("y_0[0].numel()", "y_0.numel()")
def bits_per_pixel_divides_by_batch_twice(): ...


@wrong("averages over the times instead of summing", often="distribution")
@hint("Does the docstring have a sum over t?")
@edit(
    "kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))",
    "kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)) / num_steps",
)
def bits_per_pixel_mean_over_times(): ...


@wrong("uses T times the training loss instead of visiting every time", often="distribution")
@hint("Which times does the docstring use for each image?")
def bits_per_pixel_by_training_loss(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    nats = nats + num_steps * training_loss(network, y_0, num_steps, delta, generator=generator)
    return nats / (num_pixels * math.log(2))


@wrong("leaves out the first step", sometimes="distribution")
@hint("Is t = 1 one of the times? What does it cost to get from Y_1 to the image?")
@edit("range(1, num_steps + 1)", "range(2, num_steps + 1)")
def bits_per_pixel_from_second_step(): ...


@wrong("leaves out the last step, T", often="distribution")
@hint("Does a Python range contain its end?")
@edit("num_steps + 1", "num_steps")
def bits_per_pixel_without_last_step(): ...


@wrong(
    "uses the probability of a replacement instead of the probability of a flip in Y_T", often="distribution"
)
@hint("What is the probability that a pixel of Y_T differs from y_0 in sign? Try delta = 1/2.")
@edit("replacement_probability(num_steps, delta) / 2", "replacement_probability(num_steps, delta)")
def bits_per_pixel_all_replaced_flip(): ...


@wrong("adds the entropy of Y_T instead of its divergence from fair coins", sometimes="distribution")
@hint("What should this term be if Y_T is nearly the same as fair coins?")
@edit("(math.log(2) - entropy) * num_pixels", "entropy * num_pixels")
def bits_per_pixel_entropy_of_last_image(): ...


@wrong("counts what is left of one pixel in Y_T, not of all pixels", sometimes="distribution")
@hint("What does the docstring sum over in both terms?")
@edit("(math.log(2) - entropy) * num_pixels", "math.log(2) - entropy")
def bits_per_pixel_one_pixel_of_last_image(): ...


@wrong("draws the noise once, for T, and uses it for all times", sometimes="distribution")
@hint("Which distribution does y_t have at each t, according to the docstring?")
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


@wrong("runs one chain of noise from t to t + 1 instead of a new draw for each t", sometimes="distribution")
@hint("The docstring says `one new draw of Y_t`: are two neighbouring times independent in your code?")
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


@wrong("draws random numbers without the generator that it is given", often="ignores an argument")
@hint("Does every draw use the generator?")
@edit("delta, generator=generator", "delta")
def bits_per_pixel_without_generator(): ...


@wrong("passes an int to the network instead of one time for each image", often="exception")
@hint("How is a `Network` called? See the top of the file.")
def bits_per_pixel_int_time(network, y_0, num_steps, delta, generator):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for t in range(1, num_steps + 1):
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))


@wrong("sums cross-entropies, which also count the entropy of the noise itself", sometimes="distribution")
@hint("What is each term if the network predicts exactly P?")
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


@wrong("returns double precision even if the images have another dtype", often="dtype")
@hint("What does the docstring say about the dtype, and which dtype does `replacement_probability` return?")
@edit("((math.log(2) - entropy) * num_pixels).to(y_0)", "(math.log(2) - entropy) * num_pixels")
def bits_per_pixel_in_double_precision(): ...


@wrong("returns a Python number, not a tensor", sometimes="type")
@hint("Which type must the result have?")
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


@right("puts all times into one batch, and computes the last term with `kl_loss` too")
def bits_per_pixel_in_one_batch(network, y_0, num_steps, delta, generator):
    t = torch.arange(1, num_steps + 1, device=y_0.device).repeat_interleave(len(y_0))
    images = y_0.repeat(num_steps, *[1] * (y_0.ndim - 1))
    y_t = q_sample(images, t, delta, generator=generator)
    steps = num_steps * kl_loss(network(y_t, t), posterior(y_t, images, t, delta))
    flipped = (replacement_probability(num_steps, delta) / 2).to(y_0)
    start = kl_loss(torch.zeros_like(y_0[:1]), flipped.expand(y_0[:1].shape))
    return (steps + start) / (y_0[0].numel() * math.log(2))


@right("visits the times from T down to 1, in halves of the batch, in double precision")
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
