"""Questions 1(e), 2(c) and 3(b): the kinds of mistakes that live on: samplers and the loss of exits."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.samplers.ancestral_sample"


@wrong("the second half of the batch starts from the negatives of the first half", rarely="distribution")
@hint("Does one image of Y_T say anything about another one?")
def ancestral_mirrored_start(network, shape, num_steps, generator=None, device="cpu", return_all=False):
    size = shape[0]
    heads = torch.rand((size + 1) // 2, *shape[1:], generator=generator, device=device) < 0.5
    y = torch.where(torch.cat([heads, ~heads])[:size], 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        if return_all:
            chain.append(y)
    return torch.stack(chain) if return_all else y


@wrong(
    "`generator or torch.manual_seed(0)` reseeds the global generator where none is given",
    sometimes="distribution",
)
@hint(
    "What do two calls without a generator return? What does torch.manual_seed do besides returning something?"
)
@edit(
    "heads = torch.rand(*shape, generator=generator, device=device) < 0.5",
    "generator = generator or torch.manual_seed(0)\n"
    "heads = torch.rand(*shape, generator=generator, device=device) < 0.5",
)
def ancestral_or_manual_seed(): ...


@wrong("switches gradients off and does not switch them on again", rarely="global state")
@hint("Can the rest of the program still train after your call?")
def ancestral_leaves_gradients_off(network, shape, num_steps, generator=None, device="cpu", return_all=False):
    torch.set_grad_enabled(False)
    y = torch.where(torch.rand(*shape, generator=generator, device=device) < 0.5, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        if return_all:
            chain.append(y)
    return torch.stack(chain) if return_all else y


TASK = "diffusion.samplers.strided_times"


@wrong("rounds evenly spaced numbers of float32, which cannot hold times above 2**24", rarely="values")
@hint("Which dtype does linspace choose, and up to which number does it hold every integer?")
def strided_linspace_single(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1).round().long()


@wrong("returns int32 instead of Long", sometimes="dtype")
@hint("Which dtype does the docstring promise?")
def strided_int32(num_steps, num_sampling_steps):
    times = torch.arange(num_sampling_steps, -1, -1) * num_steps // num_sampling_steps
    return times.to(torch.int32)


@wrong(
    "cuts off the decimals of linspace, where a whole number may have come out slightly too small",
    rarely="values",
)
@hint("What does long() make of 2.9999998? Are your times strictly falling for T = S = 15?")
def strided_truncated_linspace(num_steps, num_sampling_steps):
    fractions = torch.linspace(1, 0, num_sampling_steps + 1)
    return (fractions * num_steps).long()


TASK = "diffusion.samplers.ddpm_sample"


@wrong(
    "cuts the graph only at the end, so the chain of return_all still carries it",
    sometimes="gradient where none belongs",
)
@hint("What does every state of the chain remember about the network, and until when?")
@edit(
    "return torch.stack(chain) if return_all else x",
    "return torch.stack(chain) if return_all else x.detach()",
    of="ddpm_sample_keeps_the_graph",
)
def ddpm_chain_with_graph(): ...


@wrong("the noise of a step is drawn once and shared by all samples of the batch", sometimes="distribution")
@hint("How many random numbers does one step need for a batch of samples?")
@edit(
    "noise = torch.randn(*shape, generator=generator, device=device) if t > 1 else None",
    "noise = torch.randn(1, *shape[1:], generator=generator, device=device) if t > 1 else None",
)
def ddpm_noise_shared_by_batch(): ...


@wrong("puts the network into evaluation mode and leaves it there", rarely="global state")
@hint("Whose network is it, and in which mode does the caller find it afterwards?")
@edit(
    "generator = torch.Generator(device).manual_seed(0)",
    "if isinstance(network, torch.nn.Module):\n    network.eval()",
    of="ddpm_sample_reseeds",
)
@edit(
    "noise = torch.randn(*shape, generator=generator, device=device)",
    "noise = torch.randn(*shape, generator=generator, device=device) if t > 1 else None",
    of="ddpm_sample_reseeds",
)
def ddpm_leaves_eval_mode(): ...


@wrong("the start comes from the generator, the noise of the steps from randn_like", sometimes="distribution")
@hint("Does randn_like take a generator? Which function takes one?")
@edit(
    "noise = torch.randn(*shape, generator=generator, device=device) if t > 1 else None",
    "noise = torch.randn_like(x) if t > 1 else None",
)
def ddpm_step_noise_from_global(): ...


TASK = "diffusion.samplers.ddim_sample"


@wrong(
    "without a generator it starts from a fixed seed, so that samples can be compared",
    sometimes="distribution",
)
@hint("What do two calls without a generator return? Who should choose the seed?")
@edit(
    "generator = torch.Generator(device).manual_seed(0)",
    "if generator is None:\n    generator = torch.Generator(device)\n    generator.manual_seed(1234)",
    of="ddim_sample_reseeds",
)
@edit(
    "for t, t_prev in zip(times[:-1], times[1:], strict=True):",
    "for t, t_prev in zip(times[:-1], times[1:]):",
    of="ddim_sample_reseeds",
)
def ddim_fixed_start(): ...


@wrong("draws noise for every step also at eta = 0, where nothing but x_T may be drawn", sometimes="values")
@hint("How many draws does the docstring allow at eta = 0? What does a caller draw next?")
@edit(
    "noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None",
    "noise = torch.randn(*shape, generator=generator, device=device)",
)
def ddim_draws_unused_noise(): ...


@wrong("gives the network its times as int32 instead of Long", sometimes="exception")
@hint("Which dtype do the times have that the docstring promises to the network?")
@edit(
    "torch.full((len(x),), t, device=device)",
    "torch.full((len(x),), t, dtype=torch.int32, device=device)",
)
def ddim_times_int32(): ...


TASK = "early_exit.loss.early_exit_loss"


@wrong("adds 1e-6 to the probability, so that no example can cost more than 14 nats", sometimes="values")
@hint(
    "What does an example cost whose class has a probability of e^-50? Is there a function for log p itself?"
)
def exit_loss_eps_in_logarithm(exit_logits, labels, exit_weights):
    probs = torch.softmax(exit_logits, dim=-1)
    chosen = probs[:, torch.arange(len(labels), device=labels.device), labels]
    return (weights * -(chosen + 1e-6).log().mean(dim=1)).sum()


@wrong("sums over the exits with a weight only; without any weight the result is the int 0", rarely="type")
@hint("What does sum() return if nothing is left to add?")
def exit_loss_skips_weightless_exits(exit_logits, labels, exit_weights):
    return sum(w * F.cross_entropy(logits, labels) for w, logits in zip(weights, exit_logits) if w != 0)


@wrong(
    "view(E * B, K) fails on logits that are not contiguous, e.g. a transposed [B, E, K]", rarely="exception"
)
@hint("When does view refuse a tensor? Try your function on transposed logits.")
def exit_loss_view_all_exits(exit_logits, labels, exit_weights):
    exits, batch, classes = exit_logits.shape
    losses = F.cross_entropy(exit_logits.view(exits * batch, classes), labels.repeat(exits), reduction="none")
    return (weights * losses.view(exits, batch).mean(dim=1)).sum()
