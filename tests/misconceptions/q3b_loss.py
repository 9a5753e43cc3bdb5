"""Question 3(b): the common loss of all exits."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "early_exit.loss.early_exit_loss"


@wrong("sums over the images instead of averaging", often="values")
@hint("If a batch is twice as large, must its loss be twice as large?")
@edit("F.cross_entropy(logits, labels)", 'F.cross_entropy(logits, labels, reduction="sum")')
def early_exit_loss_sum_over_batch(): ...


@wrong("divides by the sum of the weights", often="values")
@hint("What does the docstring say about weights that do not add up to one?")
@edit("(weights * losses).sum()", "(weights * losses).sum() / weights.sum()")
def early_exit_loss_normalised_weights(): ...


@wrong("averages over the exits", often="values")
@hint("Over which axis is there a mean in the docstring, and over which a sum?")
@edit("(weights * losses).sum()", "(weights * losses).mean()")
def early_exit_loss_mean_over_exits(): ...


@wrong("gives every exit the same weight", sometimes="ignores an argument")
@hint("Which of the three arguments does your code never use?")
def early_exit_loss_unweighted(exit_logits, labels, exit_weights):
    return sum(F.cross_entropy(logits, labels) for logits in exit_logits)


@wrong("uses the loss of the last exit only", sometimes="values")
@hint("Which part of the loss trains the early heads?")
def early_exit_loss_last_exit_only(exit_logits, labels, exit_weights):
    return weights[-1] * F.cross_entropy(exit_logits[-1], labels)


@wrong("takes numbers out of the graph, so that nothing is trained", sometimes="no gradient")
@hint("What does `.item()` keep of the computation of a number?")
def early_exit_loss_out_of_the_graph(exit_logits, labels, exit_weights):
    losses = [F.cross_entropy(logits, labels).item() for logits in exit_logits]
    return (weights * torch.tensor(losses, dtype=exit_logits.dtype)).sum()


@wrong("trains only the last exit", rarely="no gradient")
@hint("Which exits get a gradient? Look at exit_logits.grad.")
def early_exit_loss_early_exits_detached(exit_logits, labels, exit_weights):
    loss = weights[-1] * F.cross_entropy(exit_logits[-1], labels)
    for weight, logits in zip(weights[:-1], exit_logits[:-1]):
        loss = loss + weight * F.cross_entropy(logits.detach(), labels)
    return loss


@wrong("returns a Python number", sometimes="type")
@hint("On which type of object can you call backward()?")
def early_exit_loss_as_number(exit_logits, labels, exit_weights):
    total = 0.0
    for weight, logits in zip(exit_weights, exit_logits):
        total += float(weight) * F.cross_entropy(logits, labels).item()
    return total


@wrong("takes the logarithm of a softmax that can be 0", often="not finite")
@hint("What is the softmax of (1000, 0), and its logarithm? Which function computes the logarithm directly?")
def early_exit_loss_log_of_softmax(exit_logits, labels, exit_weights):
    log_probs = torch.log(torch.softmax(exit_logits, dim=-1))
    picked = log_probs[:, torch.arange(len(labels)), labels]
    return -(weights * picked.mean(dim=1)).sum()


@wrong("adds a small number inside the logarithm", sometimes="values")
@hint("What is your loss for logits of 1000, and what should it be?")
def early_exit_loss_with_epsilon(exit_logits, labels, exit_weights):
    probs = torch.softmax(exit_logits, dim=-1)
    picked = probs[:, torch.arange(len(labels)), labels]
    return -(weights * torch.log(picked + 1e-8).mean(dim=1)).sum()


@wrong("passes probabilities to a function that expects logits", often="values")
@hint("What does F.cross_entropy do with its first argument before anything else?")
@edit("F.cross_entropy(logits, labels)", "F.cross_entropy(logits.softmax(dim=-1), labels)")
def early_exit_loss_softmax_twice(): ...


@wrong("passes logits to a function that expects log-probabilities", sometimes="values")
@hint("What does F.nll_loss expect as its first argument?")
@edit("F.cross_entropy", "F.nll_loss")
def early_exit_loss_nll_of_logits(): ...


@wrong("forgets the minus sign of the cross-entropy", sometimes="sign")
@hint("Is the loss of a wrong prediction positive or negative?")
def early_exit_loss_without_minus(exit_logits, labels, exit_weights):
    log_probs = F.log_softmax(exit_logits, dim=-1)
    picked = log_probs[:, torch.arange(len(labels)), labels]
    return (weights * picked.mean(dim=1)).sum()


@wrong("repeats the labels in another order than that of the flattened logits", sometimes="values")
@hint("After flattening, which images have logits next to each other? Compare repeat with repeat_interleave.")
def early_exit_loss_labels_interleaved(exit_logits, labels, exit_weights):
    exits, batch, classes = exit_logits.shape
    flat = exit_logits.reshape(exits * batch, classes)
    losses = F.cross_entropy(flat, labels.repeat_interleave(exits), reduction="none")
    return (weights * losses.reshape(exits, batch).mean(dim=1)).sum()


@wrong("calls `view` on logits that are not always contiguous", sometimes="exception")
@hint("When does `view` fail, and what can you use instead?")
def early_exit_loss_needs_contiguous(exit_logits, labels, exit_weights):
    exits, batch, classes = exit_logits.shape
    losses = F.cross_entropy(exit_logits.view(-1, classes), labels.repeat(exits), reduction="none")
    return (weights * losses.view(exits, batch).mean(dim=1)).sum()


@wrong("uses the weights of the exits as weights of the classes", sometimes="exception")
@hint("What does F.cross_entropy multiply by its argument `weight`?")
def early_exit_loss_class_weights(exit_logits, labels, exit_weights):
    return sum(F.cross_entropy(logits, labels, weight=weights) for logits in exit_logits)


@wrong(
    "adds up the exits' weighted logits before the loss, as if the exits were one classifier", rarely="values"
)
@hint("How many cross-entropies does the docstring's formula contain?")
def early_exit_loss_of_mixed_logits(exit_logits, labels, exit_weights):
    mixed = torch.einsum("e,ebk->bk", weights, exit_logits)
    return F.cross_entropy(mixed, labels)


@wrong("returns one loss for each exit", sometimes="shape")
@hint("How many numbers does an optimiser minimise?")
def early_exit_loss_one_per_exit(exit_logits, labels, exit_weights):
    return weights * torch.stack([F.cross_entropy(logits, labels) for logits in exit_logits])


@wrong("casts to single precision", sometimes="dtype")
@hint("Which dtype must the loss of double-precision logits have?")
def early_exit_loss_single_precision(exit_logits, labels, exit_weights):
    losses = torch.stack([F.cross_entropy(logits.float(), labels) for logits in exit_logits])
    return (weights.float() * losses).sum()


@right("computes one cross-entropy over all exits, with the classes on axis 1 as torch requires")
def early_exit_loss_in_one_call(exit_logits, labels, exit_weights):
    targets = labels[:, None].expand(len(labels), len(exit_logits))
    losses = F.cross_entropy(exit_logits.permute(1, 2, 0), targets, reduction="none")  # (B, E)
    return losses.mean(dim=0) @ weights


@right("subtracts the label's logit from the log of the sum of exponentials, in double precision")
def early_exit_loss_by_logsumexp(exit_logits, labels, exit_weights):
    wide = exit_logits.double()
    index = labels.expand(len(wide), -1).unsqueeze(-1)
    losses = wide.logsumexp(dim=-1) - wide.gather(-1, index).squeeze(-1)
    return torch.einsum("e,eb->", weights.double(), losses).div(len(labels)).to(exit_logits.dtype)


@right("uses one-hot labels, in a loop over the exits, with the weights as given")
def early_exit_loss_one_hot(exit_logits, labels, exit_weights):
    chosen = F.one_hot(labels, exit_logits.shape[-1]).to(exit_logits.dtype)
    loss = exit_logits.new_zeros(())
    for i in range(len(exit_logits)):
        loss = loss - float(exit_weights[i]) * (chosen * exit_logits[i].log_softmax(-1)).sum(-1).mean()
    return loss
