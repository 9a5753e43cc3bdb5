"""Questions 1(d) and 1(e): the kinds of mistakes that live on: the way back to the image."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.binary.posterior"


@wrong("if one image is at t = 1, every image of the batch gets its y_0 back", rarely="values")
@hint("The times of a batch differ. Which images does your test for t = 1 apply to?")
def posterior_any_first_step(y_t, y_0, t, delta):
    if bool((torch.as_tensor(t) == 1).any()):  # Y_0 is known
        return (y_0 > 0).to(y_t.dtype)
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


@wrong("keeps the probability away from 0 and 1 by 1e-6, so that it is never a bound", sometimes="values")
@hint("What do you know about Y_{t-1} at t = 1? Are the bounds of [0, 1] included?")
@edit(
    "return (up / (up + down)).to(y_t.dtype)", "return (up / (up + down)).clamp(1e-6, 1 - 1e-6).to(y_t.dtype)"
)
def posterior_never_certain(): ...


@wrong("t -= 1 changes the caller's tensor of times", sometimes="argument changed in place")
@hint("What does `-=` do to a tensor that the caller still uses?")
def posterior_counts_t_down_in_place(y_t, y_0, t, delta):
    t -= 1
    flipped = _per_image(replacement_probability(t, delta), y_t) / 2
    last = flipped.new_tensor(delta)
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)


TASK = "diffusion.binary.kl_loss"


@wrong("the gradient also flows into target_prob", sometimes="gradient where none belongs")
@hint("Which of the two arguments is a constant, and what does a gradient find on its way to it?")
@edit("target_prob.detach().to(logits.dtype)", "target_prob.to(logits.dtype)")
def kl_gradient_into_target(): ...


@wrong("clamps both probabilities to [1e-6, 1 - 1e-6] before the logarithms", sometimes="values")
@hint("What should the loss be for a logit of 40 and a target of 0?")
def kl_clamped_probabilities(logits, target_prob):
    p = target_prob.detach().to(logits.dtype).clamp(1e-6, 1 - 1e-6)
    q = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    kl = p * (p.log() - q.log()) + (1 - p) * (torch.log1p(-p) - torch.log1p(-q))
    return kl.flatten(1).sum(1).mean()


@wrong("view needs contiguous logits: fails on a transposed or channels-last batch", rarely="exception")
@hint("When does view refuse a tensor? Try your function on a transposed batch.")
def kl_view_of_batch(logits, target_prob):
    from torch.nn import functional

    rows = logits.view(len(logits), -1)
    p = target_prob.detach().to(logits.dtype).reshape(rows.shape)
    cross_entropy = functional.binary_cross_entropy_with_logits(rows, p, reduction="none")
    return (cross_entropy + torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(1).mean()


TASK = "diffusion.binary.training_loss"


@wrong(
    "no two images of a batch share a time as long as there are enough: times are drawn without replacement",
    rarely="distribution",
)
@hint("Does the time of one image say anything about the time of another?")
def training_loss_times_without_replacement(network, y_0, num_steps, delta, generator=None):
    order = torch.randperm(num_steps, generator=generator, device=y_0.device) + 1
    t = order.repeat(-(-len(y_0) // num_steps))[: len(y_0)]
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("puts the network into training mode", rarely="global state")
@hint("Whose network is it, and in which mode does the caller find it afterwards?")
def training_loss_calls_train(network, y_0, num_steps, delta, generator=None):
    if hasattr(network, "train"):
        network.train()
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


TASK = "diffusion.binary.ancestral_step"


@wrong("asks the generator for its device, which fails without a generator", sometimes="exception")
@hint("What is `generator` if the caller does not pass one?")
def ancestral_step_needs_generator(network, y_t, t, generator=None):
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=generator.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)


@wrong(
    "clamps the logits to [-5, 5], so that a sure pixel is still wrong once in 150 draws",
    rarely="distribution",
)
@hint("How often does a pixel with a logit of 30 come out as -1, and how often should it?")
@edit("torch.sigmoid(network(y_t, times))", "torch.sigmoid(network(y_t, times).clamp(-5, 5))")
def ancestral_step_clamped_logits(): ...


TASK = "diffusion.binary.bits_per_pixel"


@wrong(
    "rewinds the generator before every time, so that all Y_t come from the same uniform numbers",
    rarely="distribution",
)
@hint("Draw Y_1 and Y_2 with your code. Does one say anything about the other?")
@edit(
    "for t in range(1, num_steps + 1):",
    "source = generator if generator is not None else torch.default_generator\n"
    "state = source.get_state()\n"
    "for step in range(1, num_steps + 1):\n"
    "    t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)\n"
    "    source.set_state(state)",
    of="bits_per_pixel_int_time",
)
def bits_same_coins_at_every_time(): ...


@wrong(
    "for T above 100 it evaluates only every (T // 100)-th time and scales the sum up", rarely="distribution"
)
@hint("How many terms does the sum in the docstring have for T = 250, and how many does yours?")
def bits_subset_of_long_chain(network, y_0, num_steps, delta, generator=None):
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    prior = ((math.log(2) - entropy) * num_pixels).to(y_0)
    times = range(1, num_steps + 1, max(1, num_steps // 100))
    nats = torch.zeros_like(prior)
    for step in times:
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return (prior + nats * num_steps / len(times)) / (num_pixels * math.log(2))


@wrong("without a generator it seeds one with 0, to make the number reproducible", rarely="distribution")
@hint("What do two calls without a generator return? Who should choose the seed?")
@edit(
    "flipped = replacement_probability(num_steps, delta) / 2",
    "if generator is None:\n"
    "    generator = torch.Generator(device=y_0.device).manual_seed(0)\n"
    "flipped = replacement_probability(num_steps, delta) / 2",
)
def bits_seeded_evaluation(): ...
