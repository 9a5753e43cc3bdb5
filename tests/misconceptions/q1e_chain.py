"""Question 1(e): the chain of reverse steps, from coins to images."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "diffusion.samplers.ancestral_sample"


@base
def ancestral_sample_plain(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("leaves out the step from Y_T", often="shape")
@hint("Which numbers does your range contain? How many steps are there?")
@edit("num_steps", "num_steps - 1", of="ancestral_sample_plain")
def ancestral_sample_without_first_step(): ...


@wrong("leaves out the step to Y_0", often="shape")
@hint("Which numbers does your range contain? At which t is the last step?")
@edit("range(num_steps, 0, -1)", "range(num_steps, 1, -1)", of="ancestral_sample_plain")
def ancestral_sample_without_last_step(): ...


@wrong("makes a step at t = 0", often="exception")
@hint("What is the last time for which the network is called?")
@edit("range(num_steps, 0, -1)", "range(num_steps, -1, -1)", of="ancestral_sample_plain")
def ancestral_sample_down_to_zero(): ...


@wrong("goes through the times upwards", sometimes="distribution")
@hint("Which time do the coins at the start have, and which time does the image have?")
@edit("range(num_steps, 0, -1)", "range(1, num_steps + 1)", of="ancestral_sample_plain")
def ancestral_sample_upwards(): ...


@wrong("passes the time T to every step", rarely="distribution")
@hint("Which variable of your loop changes, and does the step receive it?")
@edit("t in range(num_steps, 0, -1)", "_ in range(num_steps)", of="ancestral_sample_plain")
@edit("y, t, generator", "y, num_steps, generator", of="ancestral_sample_plain")
def ancestral_sample_always_last_time(): ...


@wrong("starts every step from Y_T", sometimes="distribution")
@hint("What does the step at t start from: Y_T, or the result of the step before?")
def ancestral_sample_starts_over(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    start = torch.where(heads, 1.0, -1.0)
    chain = [start]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, start, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("starts from an image in which every pixel is +1", sometimes="distribution")
@hint("Which distribution does Y_T have?")
def ancestral_sample_from_ones(network, shape, num_steps, generator, device, return_all):
    y = torch.ones(*shape, device=device)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("starts from normal noise, as Gaussian diffusion does", often="exception")
@hint("Which distribution does Y_T have, and which values can a pixel have?")
def ancestral_sample_from_normal_noise(network, shape, num_steps, generator, device, return_all):
    y = torch.randn(*shape, generator=generator, device=device)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("starts from coins of 0 and 1", often="exception")
@hint("Which two values can a pixel have in this homework?")
@edit(
    "torch.ones(*shape, device=device)",
    "torch.randint(0, 2, tuple(shape), generator=generator, device=device).float()",
    of="ancestral_sample_from_ones",
)
def ancestral_sample_from_zeros_and_ones(): ...


@wrong("starts from one coin for each image", rarely="distribution")
@hint("Y_T consists of M fair coins. How many did you draw?")
def ancestral_sample_from_one_coin_per_image(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(shape[0], *[1] * (len(shape) - 1), generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0).expand(*shape)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("starts all images of the batch from the same coins", rarely="distribution")
@hint("Does each image of a batch have its own coins?")
def ancestral_sample_from_one_start(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape[1:], generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0).repeat(shape[0], *[1] * (len(shape) - 1))
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("draws random numbers without the generator that it is given", often="ignores an argument")
@hint("Does every draw use the generator, including the draws in the steps?")
def ancestral_sample_without_generator(network, shape, num_steps, generator, device, return_all):
    y = torch.where(torch.rand(*shape, device=device) < 0.5, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("does not pass the generator to the steps", often="distribution")
@hint("What else draws random numbers in your loop?")
@edit("t, generator=generator", "t", of="ancestral_sample_plain")
def ancestral_sample_generator_for_start_only(): ...


@wrong("takes the more likely sign at the last step", sometimes="distribution")
@hint("What does `ancestral_step` do at t = 1?")
def ancestral_sample_likelier_sign_at_last(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 1, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    with torch.no_grad():
        logits = network(y, torch.ones(len(y), dtype=torch.long, device=device))
    y = torch.where(logits > 0, 1.0, -1.0)
    chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong("returns only the image when the whole chain is requested", sometimes="shape")
@hint("What does the docstring say about return_all?")
def ancestral_sample_never_the_chain(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
    return y


@wrong("returns the chain as a list", often="type")
@hint("Which type and shape must the result have with return_all?")
@edit("torch.stack(chain)", "chain", of="ancestral_sample_plain")
def ancestral_sample_chain_as_list(): ...


@wrong("returns the chain from y_0 to y_T", sometimes="distribution")
@hint("Which image has index 0 in the result?")
def ancestral_sample_chain_by_time(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    chain = [torch.where(heads, 1.0, -1.0)]
    for t in range(num_steps, 0, -1):
        chain.insert(0, binary.ancestral_step(network, chain[0], t, generator=generator))
    return torch.stack(chain) if return_all else chain[0]


@wrong("leaves its starting point out of the chain", often="shape")
@hint("How many images does the chain have with return_all?")
@edit("chain = [y]", "chain = []", of="ancestral_sample_plain")
def ancestral_sample_chain_without_start(): ...


@right("writes the chain into a tensor that it makes beforehand")
def ancestral_sample_into_one_tensor(network, shape, num_steps, generator, device, return_all):
    chain = torch.empty(num_steps + 1, *shape, device=device)
    chain[0] = 2 * torch.randint(0, 2, tuple(shape), generator=generator, device=device) - 1
    for step, t in enumerate(reversed(range(1, num_steps + 1)), start=1):
        chain[step] = binary.ancestral_step(network, chain[step - 1], t, generator)
    return chain if return_all else chain[-1].clone()


@right("starts from the signs of normal random numbers and counts down")
def ancestral_sample_from_signs(network, shape, num_steps, generator, device, return_all):
    noise = torch.randn(tuple(shape), generator=generator, device=device)
    y, t = torch.where(noise >= 0, torch.ones_like(noise), -torch.ones_like(noise)), num_steps
    passed = y[None]
    while t > 0:
        y = binary.ancestral_step(network, y, t, generator=generator)
        passed = torch.cat([passed, y[None]])
        t -= 1
    return passed if return_all else y
