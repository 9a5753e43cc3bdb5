"""Question 1(e): one draw of the training loss."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.training_loss"


@wrong("never draws the last time, T", often="exception")
@hint("Can torch.randint draw its upper bound? Try T = 1.")
@edit("num_steps + 1", "num_steps")
def training_loss_without_last_time(): ...


@wrong("draws times from 0 upwards", often="exception")
@hint("What is the first time here? There is no step to undo at t = 0.")
def training_loss_from_time_zero(network, y_0, num_steps, delta, generator):
    t = torch.randint(0, num_steps, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    target = posterior(y_t, y_0, t, delta)
    return kl_loss(network(y_t, t), target)


@wrong("draws one time for the whole batch", often="distribution")
@hint("What does the docstring say about the time of each image?")
def training_loss_one_time_for_all(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (1,), generator=generator, device=y_0.device).expand(len(y_0))
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("trains only at T", rarely="distribution")
@hint("At which times is the network called when images are generated?")
def training_loss_at_last_time_only(network, y_0, num_steps, delta, generator):
    t = torch.full((len(y_0),), num_steps, dtype=torch.long, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("draws a time for each pixel", rarely="exception")
@hint("How many times does one image have?")
@edit("(len(y_0),)", "y_0.shape")
def training_loss_time_for_each_pixel(): ...


@wrong(
    "rounds a uniform number to a time, so that the first and the last time are more or less likely",
    sometimes="distribution",
)
@hint("How long is the interval of numbers that are rounded to each time?")
def training_loss_rounds_times(network, y_0, num_steps, delta, generator):
    uniform = torch.rand(len(y_0), generator=generator, device=y_0.device)
    t = (uniform * num_steps).round().long().clamp(min=1)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("draws times and coins without the generator", often="ignores an argument")
@hint("Does every draw use the generator?")
@edit("generator=generator, device=y_0.device", "device=y_0.device")
@edit("delta, generator=generator", "delta")
def training_loss_coins_without_generator(): ...


@wrong("uses the generator for the coins, but not for the times", often="distribution")
@hint("Does every draw use the generator?")
def training_loss_times_without_generator(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@wrong("uses the clean image as the target at every time", often="distribution")
@hint("What does the network predict: Y_0, or Y_{t-1}? When are both the same?")
@edit("posterior(y_t, y_0, t, delta)", "(y_0 + 1) / 2")
def training_loss_predicts_clean_pixels(): ...


@wrong("shows the network the clean image", sometimes="distribution")
@hint("What does the network get when images are generated?")
@edit("network(y_t, t)", "network(y_0, t)")
def training_loss_shows_clean_image(): ...


@wrong("gives the network a time that is one step before the time of its image", sometimes="exception")
@hint("Which time does the network get: the time of y_t, or the time of its answer?")
@edit("network(y_t, t)", "network(y_t, t - 1)")
def training_loss_tells_time_before(): ...


@wrong(
    "draws new noise for the target, which is not the noise that the network gets", sometimes="distribution"
)
@hint("The target is a posterior given Y_t. Which Y_t is that?")
def training_loss_noise_drawn_twice(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    logits = network(q_sample(y_0, t, delta, generator=generator), t)
    return kl_loss(logits, posterior(q_sample(y_0, t, delta, generator=generator), y_0, t, delta))


@wrong("makes one step of noise at every time", sometimes="distribution")
@hint("How noisy is the image at t = T?")
@edit("q_sample(y_0, t, delta, generator=generator)", "flip_step(y_0, delta, generator=generator)")
def training_loss_one_flip_step(): ...


@wrong("applies the sigmoid to the logits before a loss that expects logits", often="distribution")
@hint("What does `kl_loss` do with its first argument?")
@edit("network(y_t, t)", "torch.sigmoid(network(y_t, t))")
def training_loss_sigmoid_twice(): ...


@wrong("exchanges the noisy and the clean image in the posterior", sometimes="distribution")
@hint("In which order does `posterior` expect its images?")
@edit("posterior(y_t, y_0, t, delta)", "posterior(y_0, y_t, t, delta)")
def training_loss_exchanges_images(): ...


@wrong("divides by the number of pixels", sometimes="distribution")
@hint("What does `kl_loss` do with the pixels of an image? Does the docstring ask for another division?")
def training_loss_for_each_pixel(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)) / y_0[0].numel()


@wrong("multiplies by the number of steps", sometimes="distribution")
@hint("Is `one draw of the loss` the sum over all times?")
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


@wrong("cuts the network out of the autograd graph, so that it learns nothing", sometimes="no gradient")
@hint("Which part of the loss is a constant, and which part must learn?")
def training_loss_detaches_network(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    with torch.no_grad():
        logits = network(y_t, t)
    return kl_loss(logits, posterior(y_t, y_0, t, delta))


@wrong("returns a Python number, not a tensor", sometimes="type")
@hint("Which object would you call `backward` on?")
def training_loss_as_number(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)).item()


@wrong("returns the loss together with the times", rarely="type")
@hint("What does the docstring say about the result?")
def training_loss_with_times(network, y_0, num_steps, delta, generator):
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta)), t


@right("draws times by rounding uniform numbers down, and noise for one image after the other")
def training_loss_image_by_image(network, y_0, num_steps, delta, generator):
    uniform = torch.rand(len(y_0), generator=generator, dtype=torch.float64, device=y_0.device)
    t = 1 + torch.floor(num_steps * uniform).long()
    noisy = [q_sample(image[None], steps[None], delta, generator=generator) for image, steps in zip(y_0, t)]
    y_t = torch.cat(noisy)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))


@right("draws times with multinomial, and replaces pixels by its own coins")
def training_loss_by_multinomial(network, y_0, num_steps, delta, generator):
    weights = torch.ones(num_steps, device=y_0.device)
    t = 1 + torch.multinomial(weights, len(y_0), replacement=True, generator=generator)
    fair = 2 * torch.randint(0, 2, y_0.shape, generator=generator, device=y_0.device) - 1
    replaced = _per_image(replacement_probability(t, delta), y_0).expand(y_0.shape)
    y_t = torch.where(torch.bernoulli(replaced, generator=generator) > 0, fair.to(y_0.dtype), y_0)
    with torch.no_grad():
        target = posterior(y_t, y_0, t, delta)
    return kl_loss(network(y_t, t), target)
