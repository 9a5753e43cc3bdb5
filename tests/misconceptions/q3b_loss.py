"""Question 3(b): the loss of all exits together."""

from autograder.misconceptions.bank import right, wrong

LOSS = "early_exit.loss.early_exit_loss"


@wrong(
    LOSS,
    says="adds over the images in place of averaging",
    hint="Does the loss of a batch twice as large have to be twice as large?",
    common="often",
    failure="values",
)
def early_exit_loss_sum_over_batch(exit_logits, labels, exit_weights):
    losses = torch.stack([F.cross_entropy(logits, labels, reduction="sum") for logits in exit_logits])
    return (weights * losses).sum()


@wrong(
    LOSS,
    says="divides by the sum of the weights",
    hint="What does the docstring say about weights that do not add up to one?",
    common="often",
    failure="values",
)
def early_exit_loss_normalised_weights(exit_logits, labels, exit_weights):
    losses = torch.stack([F.cross_entropy(logits, labels) for logits in exit_logits])
    return (weights * losses).sum() / weights.sum()


@wrong(
    LOSS,
    says="averages over the exits",
    hint="Over which axis is there a mean in the docstring, and over which a sum?",
    common="often",
    failure="values",
)
def early_exit_loss_mean_over_exits(exit_logits, labels, exit_weights):
    losses = torch.stack([F.cross_entropy(logits, labels) for logits in exit_logits])
    return (weights * losses).mean()


@wrong(
    LOSS,
    says="gives every exit the same weight",
    hint="Which of the three arguments does your code never use?",
    common="sometimes",
    failure="ignores an argument",
)
def early_exit_loss_unweighted(exit_logits, labels, exit_weights):
    return sum(F.cross_entropy(logits, labels) for logits in exit_logits)


@wrong(
    LOSS,
    says="counts the last exit alone",
    hint="What teaches the early heads?",
    common="sometimes",
    failure="values",
)
def early_exit_loss_last_exit_only(exit_logits, labels, exit_weights):
    return weights[-1] * F.cross_entropy(exit_logits[-1], labels)


@wrong(
    LOSS,
    says="takes numbers out of the graph, so that nothing learns",
    hint="What does `.item()` keep of how a number came about?",
    common="sometimes",
    failure="no gradient",
)
def early_exit_loss_out_of_the_graph(exit_logits, labels, exit_weights):
    losses = [F.cross_entropy(logits, labels).item() for logits in exit_logits]
    return (weights * torch.tensor(losses, dtype=exit_logits.dtype)).sum()


@wrong(
    LOSS,
    says="lets the last exit alone learn",
    hint="Which exits get a gradient? Look at exit_logits.grad.",
    common="seldom",
    failure="no gradient",
)
def early_exit_loss_early_exits_detached(exit_logits, labels, exit_weights):
    loss = weights[-1] * F.cross_entropy(exit_logits[-1], labels)
    for weight, logits in zip(weights[:-1], exit_logits[:-1]):
        loss = loss + weight * F.cross_entropy(logits.detach(), labels)
    return loss


@wrong(
    LOSS,
    says="returns a Python number",
    hint="What can be called backward() on?",
    common="sometimes",
    failure="type",
)
def early_exit_loss_as_number(exit_logits, labels, exit_weights):
    total = 0.0
    for weight, logits in zip(exit_weights, exit_logits):
        total += float(weight) * F.cross_entropy(logits, labels).item()
    return total


@wrong(
    LOSS,
    says="takes the logarithm of a softmax that can be 0",
    hint="What is the softmax of (1000, 0), and its logarithm? Which function goes there directly?",
    common="often",
    failure="not finite",
)
def early_exit_loss_log_of_softmax(exit_logits, labels, exit_weights):
    log_probs = torch.log(torch.softmax(exit_logits, dim=-1))
    picked = log_probs[:, torch.arange(len(labels)), labels]
    return -(weights * picked.mean(dim=1)).sum()


@wrong(
    LOSS,
    says="adds a small number inside the logarithm",
    hint="What is your loss for logits of a thousand, and what is it to be?",
    common="sometimes",
    failure="values",
)
def early_exit_loss_with_epsilon(exit_logits, labels, exit_weights):
    probs = torch.softmax(exit_logits, dim=-1)
    picked = probs[:, torch.arange(len(labels)), labels]
    return -(weights * torch.log(picked + 1e-8).mean(dim=1)).sum()


@wrong(
    LOSS,
    says="hands probabilities to a function that expects logits",
    hint="What does F.cross_entropy do with its first argument before anything else?",
    common="often",
    failure="values",
)
def early_exit_loss_softmax_twice(exit_logits, labels, exit_weights):
    losses = torch.stack([F.cross_entropy(logits.softmax(dim=-1), labels) for logits in exit_logits])
    return (weights * losses).sum()


@wrong(
    LOSS,
    says="hands logits to a function that expects log-probabilities",
    hint="What does F.nll_loss expect as its first argument?",
    common="sometimes",
    failure="values",
)
def early_exit_loss_nll_of_logits(exit_logits, labels, exit_weights):
    losses = torch.stack([F.nll_loss(logits, labels) for logits in exit_logits])
    return (weights * losses).sum()


@wrong(
    LOSS,
    says="forgets the minus sign of the cross-entropy",
    hint="Is the loss of a wrong prediction positive or negative?",
    common="sometimes",
    failure="sign",
)
def early_exit_loss_without_minus(exit_logits, labels, exit_weights):
    log_probs = F.log_softmax(exit_logits, dim=-1)
    picked = log_probs[:, torch.arange(len(labels)), labels]
    return (weights * picked.mean(dim=1)).sum()


@wrong(
    LOSS,
    says="repeats the labels in another order than the flattened logits have",
    hint="After flattening, which images' logits stand beside one another? Compare repeat with repeat_interleave.",
    common="sometimes",
    failure="values",
)
def early_exit_loss_labels_interleaved(exit_logits, labels, exit_weights):
    exits, batch, classes = exit_logits.shape
    flat = exit_logits.reshape(exits * batch, classes)
    losses = F.cross_entropy(flat, labels.repeat_interleave(exits), reduction="none")
    return (weights * losses.reshape(exits, batch).mean(dim=1)).sum()


@wrong(
    LOSS,
    says="asks for a view of logits that need not be contiguous",
    hint="When does `view` refuse, and what can one use in its place?",
    common="sometimes",
    failure="exception",
)
def early_exit_loss_needs_contiguous(exit_logits, labels, exit_weights):
    exits, batch, classes = exit_logits.shape
    losses = F.cross_entropy(exit_logits.view(-1, classes), labels.repeat(exits), reduction="none")
    return (weights * losses.view(exits, batch).mean(dim=1)).sum()


@wrong(
    LOSS,
    says="takes the exits' weights for weights of classes",
    hint="What does the argument `weight` of F.cross_entropy weigh?",
    common="sometimes",
    failure="exception",
)
def early_exit_loss_class_weights(exit_logits, labels, exit_weights):
    return sum(F.cross_entropy(logits, labels, weight=weights) for logits in exit_logits)


@wrong(
    LOSS,
    says="mixes the exits' logits before the loss, as if they were one classifier",
    hint="How many cross-entropies does the docstring's formula hold?",
    common="seldom",
    failure="values",
)
def early_exit_loss_of_mixed_logits(exit_logits, labels, exit_weights):
    mixed = torch.einsum("e,ebk->bk", weights, exit_logits)
    return F.cross_entropy(mixed, labels)


@wrong(
    LOSS,
    says="returns one loss for each exit",
    hint="How many numbers does an optimiser minimise?",
    common="sometimes",
    failure="shape",
)
def early_exit_loss_one_per_exit(exit_logits, labels, exit_weights):
    return weights * torch.stack([F.cross_entropy(logits, labels) for logits in exit_logits])


@wrong(
    LOSS,
    says="casts to single precision",
    hint="Which dtype is the loss of double-precision logits to have?",
    common="sometimes",
    failure="dtype",
)
def early_exit_loss_single_precision(exit_logits, labels, exit_weights):
    losses = torch.stack([F.cross_entropy(logits.float(), labels) for logits in exit_logits])
    return (weights.float() * losses).sum()


@right(LOSS, says="one cross-entropy over all exits, with classes on axis 1 as torch wants them")
def early_exit_loss_in_one_call(exit_logits, labels, exit_weights):
    targets = labels[:, None].expand(len(labels), len(exit_logits))
    losses = F.cross_entropy(exit_logits.permute(1, 2, 0), targets, reduction="none")  # (B, E)
    return losses.mean(dim=0) @ weights


@right(LOSS, says="the log of the sum of exponentials less the label's logit, in double precision")
def early_exit_loss_by_logsumexp(exit_logits, labels, exit_weights):
    wide = exit_logits.double()
    index = labels.expand(len(wide), -1).unsqueeze(-1)
    losses = wide.logsumexp(dim=-1) - wide.gather(-1, index).squeeze(-1)
    return torch.einsum("e,eb->", weights.double(), losses).div(len(labels)).to(exit_logits.dtype)


@right(LOSS, says="one-hot labels, exit by exit, in a loop over the weights as they were given")
def early_exit_loss_one_hot(exit_logits, labels, exit_weights):
    chosen = F.one_hot(labels, exit_logits.shape[-1]).to(exit_logits.dtype)
    loss = exit_logits.new_zeros(())
    for i in range(len(exit_logits)):
        loss = loss - float(exit_weights[i]) * (chosen * exit_logits[i].log_softmax(-1)).sum(-1).mean()
    return loss
