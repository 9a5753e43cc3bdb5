"""Question 1(e): the chain of reverse steps, from coins to images."""

from autograder.misconceptions.bank import right, wrong

ANCESTRAL_SAMPLE = "diffusion.samplers.ancestral_sample"


@wrong(
    ANCESTRAL_SAMPLE,
    says="leaves out the step from Y_T",
    hint="Which numbers does your range go through? How many steps are there?",
    common="often",
    failure="shape",
)
def ancestral_sample_without_first_step(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps - 1, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="leaves out the step to Y_0",
    hint="Which numbers does your range go through? At which t is the last step?",
    common="often",
    failure="shape",
)
def ancestral_sample_without_last_step(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 1, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="makes a step at t = 0",
    hint="Which is the last time that the network is asked for?",
    common="often",
    failure="exception",
)
def ancestral_sample_down_to_zero(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, -1, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="runs through the times upwards",
    hint="Which time have the coins at the start, and which one has the image?",
    common="sometimes",
    failure="distribution",
)
def ancestral_sample_upwards(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(1, num_steps + 1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="tells every step that it starts from time T",
    hint="Which variable of your loop changes, and does the step hear of it?",
    common="seldom",
    failure="distribution",
)
def ancestral_sample_always_last_time(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for _ in range(num_steps):
        y = binary.ancestral_step(network, y, num_steps, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="starts every step from Y_T",
    hint="What does the step at t work on: the start, or what the step before has left?",
    common="sometimes",
    failure="distribution",
)
def ancestral_sample_starts_over(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    start = torch.where(heads, 1.0, -1.0)
    chain = [start]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, start, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="starts from an image of +1 only",
    hint="Which distribution does Y_T have?",
    common="sometimes",
    failure="distribution",
)
def ancestral_sample_from_ones(network, shape, num_steps, generator, device, return_all):
    y = torch.ones(*shape, device=device)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="starts from normal noise, as Gaussian diffusion does",
    hint="Which distribution does Y_T have, and which values has a pixel?",
    common="often",
    failure="exception",
)
def ancestral_sample_from_normal_noise(network, shape, num_steps, generator, device, return_all):
    y = torch.randn(*shape, generator=generator, device=device)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="starts from coins of 0 and 1",
    hint="Which two values has a pixel in this homework?",
    common="often",
    failure="exception",
)
def ancestral_sample_from_zeros_and_ones(network, shape, num_steps, generator, device, return_all):
    y = torch.randint(0, 2, tuple(shape), generator=generator, device=device).float()
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="starts from one coin for each image",
    hint="Y_T is M fair coins. How many did you throw?",
    common="seldom",
    failure="distribution",
)
def ancestral_sample_from_one_coin_per_image(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(shape[0], *[1] * (len(shape) - 1), generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0).expand(*shape)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="starts all images of the batch from the same coins",
    hint="Do two images of one batch have coins of their own?",
    common="seldom",
    failure="distribution",
)
def ancestral_sample_from_one_start(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape[1:], generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0).repeat(shape[0], *[1] * (len(shape) - 1))
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="draws without the generator that it is given",
    hint="Does every draw get the generator, those of the steps included?",
    common="often",
    failure="ignores an argument",
)
def ancestral_sample_without_generator(network, shape, num_steps, generator, device, return_all):
    y = torch.where(torch.rand(*shape, device=device) < 0.5, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="does not hand the generator on to the steps",
    hint="Who else draws in your loop?",
    common="often",
    failure="distribution",
)
def ancestral_sample_generator_for_start_only(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="takes the likelier sign at the last step",
    hint="What does `ancestral_step` do at t = 1?",
    common="sometimes",
    failure="distribution",
)
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


@wrong(
    ANCESTRAL_SAMPLE,
    says="returns the image alone where the whole chain is asked for",
    hint="What does the docstring say of return_all?",
    common="sometimes",
    failure="shape",
)
def ancestral_sample_never_the_chain(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
    return y


@wrong(
    ANCESTRAL_SAMPLE,
    says="returns the chain as a list",
    hint="Of which type and shape is the result with return_all?",
    common="often",
    failure="type",
)
def ancestral_sample_chain_as_list(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return chain if return_all else y


@wrong(
    ANCESTRAL_SAMPLE,
    says="returns the chain from y_0 to y_T",
    hint="Which image has index 0 in the result?",
    common="sometimes",
    failure="distribution",
)
def ancestral_sample_chain_by_time(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    chain = [torch.where(heads, 1.0, -1.0)]
    for t in range(num_steps, 0, -1):
        chain.insert(0, binary.ancestral_step(network, chain[0], t, generator=generator))
    return torch.stack(chain) if return_all else chain[0]


@wrong(
    ANCESTRAL_SAMPLE,
    says="leaves what it started from out of the chain",
    hint="How many images has the chain with return_all?",
    common="often",
    failure="shape",
)
def ancestral_sample_chain_without_start(network, shape, num_steps, generator, device, return_all):
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = []
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        chain.append(y)
    return torch.stack(chain) if return_all else y


@right(ANCESTRAL_SAMPLE, says="writes the chain into a tensor made beforehand")
def ancestral_sample_into_one_tensor(network, shape, num_steps, generator, device, return_all):
    chain = torch.empty(num_steps + 1, *shape, device=device)
    chain[0] = 2 * torch.randint(0, 2, tuple(shape), generator=generator, device=device) - 1
    for step, t in enumerate(reversed(range(1, num_steps + 1)), start=1):
        chain[step] = binary.ancestral_step(network, chain[step - 1], t, generator)
    return chain if return_all else chain[-1].clone()


@right(ANCESTRAL_SAMPLE, says="starts from signs of normal numbers and counts down")
def ancestral_sample_from_signs(network, shape, num_steps, generator, device, return_all):
    noise = torch.randn(tuple(shape), generator=generator, device=device)
    y, t = torch.where(noise >= 0, torch.ones_like(noise), -torch.ones_like(noise)), num_steps
    passed = y[None]
    while t > 0:
        y = binary.ancestral_step(network, y, t, generator=generator)
        passed = torch.cat([passed, y[None]])
        t -= 1
    return passed if return_all else y
