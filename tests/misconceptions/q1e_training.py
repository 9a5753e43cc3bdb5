"""Question 1(e): one draw of the training loss."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.training_loss"


@wrong("never draws the last time, T", often="exception")
@hint("Does torch.randint's upper bound belong to what it draws? Try T = 1.")
@edit("num_steps + 1", "num_steps")
def training_loss_without_last_time(): ...


@wrong("draws times from 0 on", often="exception")
@hint("Which is the first time here? There is no step to undo at t = 0.")
def training_loss_from_time_zero(network, y_0, num_steps, delta, generator):
    t = torch.randint(0, num_steps, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    target = posterior(y_t, y_0, t, delta)
    return kl_loss(network(y_t, t), target)


@wrong("draws one time for the whole batch", often="distribution")
@hint("What does the docstring say of each image's time?")
def training_loss_one_time_for_all(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (1,), generator=generator, device=y_0.device).expand(len(y_0))
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("trains at T alone", seldom="distribution")
@hint("At which times is the network asked when images are made?")
def training_loss_at_last_time_only(network, y_0, num_steps, delta, generator):
    t = torch.full((len(y_0),), num_steps, dtype=torch.long, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("draws a time for each pixel", seldom="exception")
@hint("How many times has one image?")
@edit("(len(y_0),)", "y_0.shape")
def training_loss_time_for_each_pixel(): ...


@wrong(
    "rounds a uniform number to a time, so that the times at both ends come less or more often than the others",
    sometimes="distribution",
)
@hint("How long is the piece of the line that is rounded to each time?")
def training_loss_rounds_times(network, y_0, num_steps, delta, generator):
    uniform = torch.rand(len(y_0), generator=generator, device=y_0.device)
    t = (uniform * num_steps).round().long().clamp(min=1)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("draws times and coins without the generator", often="ignores an argument")
@hint("Does every draw get the generator?")
@edit("generator=generator, device=y_0.device", "device=y_0.device")
@edit("delta, generator=generator", "delta")
def training_loss_coins_without_generator(): ...


@wrong("hands the generator to the coins, but not to the times", often="distribution")
@hint("Does every draw get the generator?")
def training_loss_times_without_generator(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("takes the clean image for the target at every time", often="distribution")
@hint("What does the network predict: Y_0, or Y_{t-1}? When are both the same?")
@edit("posterior(y_t, y_0, t, delta)", "(y_0 + 1) / 2")
def training_loss_predicts_clean_pixels(): ...


@wrong("shows the network the clean image", sometimes="distribution")
@hint("What does the network see when images are made?")
@edit("network(y_t, t)", "network(y_0, t)")
def training_loss_shows_clean_image(): ...


@wrong("tells the network the time before that of its image", sometimes="exception")
@hint("Whose time does the network get, that of y_t or that of its answer?")
@edit("network(y_t, t)", "network(y_t, t - 1)")
def training_loss_tells_time_before(): ...


@wrong("draws other noise for the target than for the network", sometimes="distribution")
@hint("Given which Y_t is the target the posterior?")
def training_loss_noise_drawn_twice(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    logits = network(q_sample(y_0, t, delta, generator=generator), t)
    return kl_loss(logits, posterior(q_sample(y_0, t, delta, generator=generator), y_0, t, delta))


@wrong("makes one step of noise whatever the time is", sometimes="distribution")
@hint("How noisy is the image at t = T?")
@edit("q_sample(y_0, t, delta, generator=generator)", "flip_step(y_0, delta, generator=generator)")
def training_loss_one_flip_step(): ...


@wrong("takes the sigmoid of the logits before a loss that takes logits", often="distribution")
@hint("What does `kl_loss` do with its first argument?")
@edit("network(y_t, t)", "torch.sigmoid(network(y_t, t))")
def training_loss_sigmoid_twice(): ...


@wrong("exchanges the noisy and the clean image in the posterior", sometimes="distribution")
@hint("In which order does `posterior` take its images?")
@edit("posterior(y_t, y_0, t, delta)", "posterior(y_0, y_t, t, delta)")
def training_loss_exchanges_images(): ...


@wrong("divides by the number of pixels", sometimes="distribution")
@hint("What does `kl_loss` do with the pixels of an image? Divide what is told there, no more.")
def training_loss_for_each_pixel(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)) / y_0[0].numel()


@wrong("multiplies by the number of steps", sometimes="distribution")
@hint("`One draw of the loss`: is that the sum over all times?")
@edit("kl_loss", "num_steps * kl_loss")
def training_loss_times_num_steps(): ...


@wrong("visits all times instead of drawing one for each image", sometimes="distribution")
@hint("How often is the network called for one draw of the loss?")
def training_loss_averages_all_times(network, y_0, num_steps, delta, generator):
    losses = []
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        losses.append(kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)))
    return torch.stack(losses).mean()


@wrong("cuts the network out of the graph, so that nothing is learnt", sometimes="no gradient")
@hint("Which part of the loss is a constant, and which part is to learn?")
def training_loss_detaches_network(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    with torch.no_grad():
        logits = network(y_t, t)
    return kl_loss(logits, posterior(y_t, y_0, t, delta))


@wrong("returns a plain number", sometimes="type")
@hint("On what would `backward` be called?")
def training_loss_as_number(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)).item()


@wrong("returns the loss together with the times", seldom="type")
@hint("What does the docstring say of the result?")
def training_loss_with_times(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)), t


@right("draws times by cutting off uniform numbers, and noise image by image")
def training_loss_image_by_image(network, y_0, num_steps, delta, generator):
    uniform = torch.rand(len(y_0), generator=generator, dtype=torch.float64, device=y_0.device)
    t = 1 + torch.floor(num_steps * uniform).long()
    noisy = [q_sample(image[None], steps[None], delta, generator=generator) for image, steps in zip(y_0, t)]
    y_t = torch.cat(noisy)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@right("draws times with multinomial, and replaces pixels by coins of its own")
def training_loss_by_multinomial(network, y_0, num_steps, delta, generator):
    weights = torch.ones(num_steps, device=y_0.device)
    t = 1 + torch.multinomial(weights, len(y_0), replacement=True, generator=generator)
    fair = 2 * torch.randint(0, 2, y_0.shape, generator=generator, device=y_0.device) - 1
    replaced = _per_image(replacement_probability(t, delta), y_0).expand(y_0.shape)
    y_t = torch.where(torch.bernoulli(replaced, generator=generator) > 0, fair.to(y_0.dtype), y_0)
    with torch.no_grad():
        target = posterior(y_t, y_0, t, delta)
    return kl_loss(network(y_t, t), target)
