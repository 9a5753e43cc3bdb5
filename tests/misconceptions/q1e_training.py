"""Question 1(e): one draw of the training loss."""

from autograder.misconceptions.bank import right, wrong

TRAINING_LOSS = "diffusion.binary.training_loss"


@wrong(
    TRAINING_LOSS,
    says="never draws the last time, T",
    hint="Does torch.randint's upper bound belong to what it draws? Try T = 1.",
    common="often",
    failure="exception",
)
def training_loss_without_last_time(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="draws times from 0 on",
    hint="Which is the first time here? There is no step to undo at t = 0.",
    common="often",
    failure="exception",
)
def training_loss_from_time_zero(network, y_0, num_steps, delta, generator):
    t = torch.randint(0, num_steps, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    target = posterior(y_t, y_0, t, delta)
    return kl_loss(network(y_t, t), target)


@wrong(
    TRAINING_LOSS,
    says="draws one time for the whole batch",
    hint="What does the docstring say of each image's time?",
    common="often",
    failure="distribution",
)
def training_loss_one_time_for_all(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (1,), generator=generator, device=y_0.device).expand(len(y_0))
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="trains at T alone",
    hint="At which times is the network asked when images are made?",
    common="seldom",
    failure="distribution",
)
def training_loss_at_last_time_only(network, y_0, num_steps, delta, generator):
    t = torch.full((len(y_0),), num_steps, dtype=torch.long, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="draws a time for each pixel",
    hint="How many times has one image?",
    common="seldom",
    failure="exception",
)
def training_loss_time_for_each_pixel(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, y_0.shape, generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="rounds a uniform number to a time, so that the times at both ends come less or more often than the others",
    hint="How long is the piece of the line that is rounded to each time?",
    common="sometimes",
    failure="distribution",
)
def training_loss_rounds_times(network, y_0, num_steps, delta, generator):
    uniform = torch.rand(len(y_0), generator=generator, device=y_0.device)
    t = (uniform * num_steps).round().long().clamp(min=1)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="draws times and coins without the generator",
    hint="Does every draw get the generator?",
    common="often",
    failure="ignores an argument",
)
def training_loss_coins_without_generator(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), device=y_0.device)
    y_t = q_sample(y_0, t, delta)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="hands the generator to the coins, but not to the times",
    hint="Does every draw get the generator?",
    common="often",
    failure="distribution",
)
def training_loss_times_without_generator(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="takes the clean image for the target at every time",
    hint="What does the network predict: Y_0, or Y_{t-1}? When are both the same?",
    common="often",
    failure="distribution",
)
def training_loss_predicts_clean_pixels(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), (y_0 + 1) / 2)


@wrong(
    TRAINING_LOSS,
    says="shows the network the clean image",
    hint="What does the network see when images are made?",
    common="sometimes",
    failure="distribution",
)
def training_loss_shows_clean_image(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_0, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="tells the network the time before that of its image",
    hint="Whose time does the network get, that of y_t or that of its answer?",
    common="sometimes",
    failure="exception",
)
def training_loss_tells_time_before(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t - 1), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="draws other noise for the target than for the network",
    hint="Given which Y_t is the target the posterior?",
    common="sometimes",
    failure="distribution",
)
def training_loss_noise_drawn_twice(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    logits = network(q_sample(y_0, t, delta, generator=generator), t)
    return kl_loss(logits, posterior(q_sample(y_0, t, delta, generator=generator), y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="makes one step of noise whatever the time is",
    hint="How noisy is the image at t = T?",
    common="sometimes",
    failure="distribution",
)
def training_loss_one_flip_step(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = flip_step(y_0, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="takes the sigmoid of the logits before a loss that takes logits",
    hint="What does `kl_loss` do with its first argument?",
    common="often",
    failure="distribution",
)
def training_loss_sigmoid_twice(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(torch.sigmoid(network(y_t, t)), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="exchanges the noisy and the clean image in the posterior",
    hint="In which order does `posterior` take its images?",
    common="sometimes",
    failure="distribution",
)
def training_loss_exchanges_images(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_0, y_t, t, delta))


@wrong(
    TRAINING_LOSS,
    says="divides by the number of pixels",
    hint="What does `kl_loss` do with the pixels of an image? Divide what is told there, no more.",
    common="sometimes",
    failure="distribution",
)
def training_loss_for_each_pixel(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)) / y_0[0].numel()


@wrong(
    TRAINING_LOSS,
    says="multiplies by the number of steps",
    hint="`One draw of the loss`: is that the sum over all times?",
    common="sometimes",
    failure="distribution",
)
def training_loss_times_num_steps(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return num_steps * kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="visits all times instead of drawing one for each image",
    hint="How often is the network called for one draw of the loss?",
    common="sometimes",
    failure="distribution",
)
def training_loss_averages_all_times(network, y_0, num_steps, delta, generator):
    losses = []
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        losses.append(kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)))
    return torch.stack(losses).mean()


@wrong(
    TRAINING_LOSS,
    says="cuts the network out of the graph, so that nothing is learnt",
    hint="Which part of the loss is a constant, and which part is to learn?",
    common="sometimes",
    failure="no gradient",
)
def training_loss_detaches_network(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    with torch.no_grad():
        logits = network(y_t, t)
    return kl_loss(logits, posterior(y_t, y_0, t, delta))


@wrong(
    TRAINING_LOSS,
    says="returns a plain number",
    hint="On what would `backward` be called?",
    common="sometimes",
    failure="type",
)
def training_loss_as_number(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)).item()


@wrong(
    TRAINING_LOSS,
    says="returns the loss together with the times",
    hint="What does the docstring say of the result?",
    common="seldom",
    failure="type",
)
def training_loss_with_times(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)), t


@right(TRAINING_LOSS, says="draws times by cutting off uniform numbers, and noise image by image")
def training_loss_image_by_image(network, y_0, num_steps, delta, generator):
    uniform = torch.rand(len(y_0), generator=generator, dtype=torch.float64, device=y_0.device)
    t = 1 + torch.floor(num_steps * uniform).long()
    noisy = [q_sample(image[None], steps[None], delta, generator=generator) for image, steps in zip(y_0, t)]
    y_t = torch.cat(noisy)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@right(TRAINING_LOSS, says="draws times with multinomial, and replaces pixels by coins of its own")
def training_loss_by_multinomial(network, y_0, num_steps, delta, generator):
    weights = torch.ones(num_steps, device=y_0.device)
    t = 1 + torch.multinomial(weights, len(y_0), replacement=True, generator=generator)
    fair = 2 * torch.randint(0, 2, y_0.shape, generator=generator, device=y_0.device) - 1
    replaced = _per_image(replacement_probability(t, delta), y_0).expand(y_0.shape)
    y_t = torch.where(torch.bernoulli(replaced, generator=generator) > 0, fair.to(y_0.dtype), y_0)
    with torch.no_grad():
        target = posterior(y_t, y_0, t, delta)
    return kl_loss(network(y_t, t), target)
