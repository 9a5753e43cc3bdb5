"""Question 4(b): the loss of supervised training."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.policy_gradient.cross_entropy_loss"


@wrong("averages over all tokens of the batch", often="values")
@hint(
    "See the docstring's word in capitals. How much should a long reference count? And in your version?",
)
def cross_entropy_loss_mean_over_tokens(logits, labels, mask):
    return torch.nn.functional.cross_entropy(logits[mask], labels[mask])


@wrong("averages over the tokens of each reference", often="values")
@hint("Does the log-probability of a sequence shrink when its tokens are averaged?")
def cross_entropy_loss_mean_of_each_sequence(logits, labels, mask):
    log_probs = sequence.token_log_probs(torch.where(mask.unsqueeze(-1), logits, 0.0), labels)
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(sums / mask.sum(dim=1)).mean()


@wrong("averages over batch and width at once, including the padding", often="values")
@hint("Over which axis should you take the mean, and what should you do over the other axis?")
def cross_entropy_loss_mean_over_everything(logits, labels, mask):
    clean = logits.masked_fill(~mask.unsqueeze(-1), 0.0)
    return -torch.where(mask, sequence.token_log_probs(clean, labels), 0.0).mean()


@wrong("sums over the batch", sometimes="values")
@hint("Does the size of your loss grow with the batch?")
def cross_entropy_loss_sum_over_batch(logits, labels, mask):
    return torch.nn.functional.cross_entropy(logits[mask], labels[mask], reduction="sum")


@wrong("trains on padding as well", often="not finite")
@hint("What is the mask for?")
def cross_entropy_loss_without_mask(logits, labels, mask):
    return -sequence.token_log_probs(logits, labels).sum(dim=1).mean()


@wrong("multiplies by the mask, so that a NaN at padding stays NaN", often="not finite")
@hint("What is 0 * NaN? Which values may padding hold?")
def cross_entropy_loss_multiplies_mask(logits, labels, mask):
    log_probs = sequence.token_log_probs(logits, labels)
    return -(log_probs * mask).sum(dim=1).mean()


@wrong("masks after the softmax, so that the gradient is NaN where the padding holds NaN", often="not finite")
@hint("The value is right. What does backward give at padding, and why? What should the softmax never see?")
@edit("torch.where(mask.unsqueeze(-1), logits, 0.0)", "logits")
def cross_entropy_loss_masks_too_late(): ...


@wrong("returns the log-likelihood, which must be maximised", sometimes="sign")
@hint("Can a cross-entropy be negative?")
def cross_entropy_loss_to_be_maximised(logits, labels, mask):
    log_probs = sequence.token_log_probs(torch.where(mask.unsqueeze(-1), logits, 0.0), labels)
    return torch.where(mask, log_probs, 0.0).sum(dim=1).mean()


@wrong("takes the logarithm of a softmax, which is minus infinity in the tail", sometimes="not finite")
@hint("In floating point, what is the softmax of a token whose logit is 500 below the largest?")
def cross_entropy_loss_log_of_softmax(logits, labels, mask):
    probabilities = torch.softmax(logits[mask], dim=-1)
    chosen = probabilities.gather(1, labels[mask].unsqueeze(1))
    return -chosen.log().sum() / len(labels)


@wrong("adds a small number to the probabilities before the logarithm", sometimes="values")
@hint("The small number hides the infinity. Is the loss in the tail right?")
def cross_entropy_loss_with_epsilon(logits, labels, mask):
    probabilities = torch.softmax(logits[mask], dim=-1) + 1e-8
    chosen = probabilities.gather(1, labels[mask].unsqueeze(1))
    return -chosen.log().sum() / len(labels)


@wrong("shifts the logits against the labels, as a model without an encoder needs it", often="values")
@hint("According to the docstring, which label do logits[b, t] belong to?")
def cross_entropy_loss_shifts_again(logits, labels, mask):
    keep = mask[:, 1:]
    log_probs = sequence.token_log_probs(torch.where(keep.unsqueeze(-1), logits[:, :-1], 0.0), labels[:, 1:])
    return -torch.where(keep, log_probs, 0.0).sum(dim=1).mean()


@wrong("leaves out the end of each reference", sometimes="values")
@hint("Should the network learn where a summary stops? What does the docstring say about the mask?")
def cross_entropy_loss_without_the_end(logits, labels, mask):
    places = torch.arange(mask.shape[1], device=mask.device)
    keep = places < mask.sum(dim=1, keepdim=True) - 1
    log_probs = sequence.token_log_probs(torch.where(keep.unsqueeze(-1), logits, 0.0), labels)
    return -torch.where(keep, log_probs, 0.0).sum(dim=1).mean()


@wrong("only accepts logits that are stored in memory in the usual order", sometimes="exception")
@hint("`view` needs a certain layout of the memory. What does its error message advise?")
def cross_entropy_loss_by_view(logits, labels, mask):
    flat = logits.view(-1, logits.shape[-1])[mask.view(-1)]
    losses = torch.nn.functional.cross_entropy(flat, labels.view(-1)[mask.view(-1)], reduction="sum")
    return losses / len(labels)


@wrong("cuts the autograd graph to the logits", rarely="no gradient")
@hint("Which network should this loss train?")
def cross_entropy_loss_without_graph(logits, labels, mask):
    with torch.no_grad():
        losses = torch.nn.functional.cross_entropy(logits[mask], labels[mask], reduction="none")
    return losses.sum() / len(labels)


@wrong("treats every label 0 as padding", sometimes="values")
@hint("What marks padding here: the label, or something else?")
def cross_entropy_loss_zero_is_padding(logits, labels, mask):
    keep = mask & (labels != 0)
    log_probs = sequence.token_log_probs(torch.where(keep.unsqueeze(-1), logits, 0.0), labels)
    return -torch.where(keep, log_probs, 0.0).sum(dim=1).mean()


@wrong("casts to single precision", sometimes="dtype")
@hint("The input has double precision. Which precision does the result have?")
def cross_entropy_loss_in_single_precision(logits, labels, mask):
    clean = torch.where(mask.unsqueeze(-1), logits, 0.0).float()
    return -torch.where(mask, sequence.token_log_probs(clean, labels), 0.0).sum(dim=1).mean()


@wrong("normalises over time instead of the vocabulary", rarely="values")
@hint("From which alternatives is a token chosen? Which axis holds them?")
def cross_entropy_loss_over_time(logits, labels, mask):
    clean = torch.where(mask.unsqueeze(-1), logits, 0.0)
    log_probs = clean.log_softmax(dim=1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return -torch.where(mask, log_probs, 0.0).sum(dim=1).mean()


@wrong("writes zeros into the caller's logits", sometimes="exception")
@hint("What does autograd say about a change in place? Which function makes a new tensor?")
def cross_entropy_loss_writes_logits(logits, labels, mask):
    logits[~mask] = 0.0
    log_probs = sequence.token_log_probs(logits, labels)
    return -torch.where(mask, log_probs, 0.0).sum(dim=1).mean()


@wrong("writes -100 into the caller's labels", often="argument changed in place")
@hint("What will the next function that uses these labels find at padding?")
def cross_entropy_loss_writes_labels(logits, labels, mask):
    labels[~mask] = -100
    losses = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), labels, ignore_index=-100, reduction="none"
    )
    return losses.sum(dim=1).mean()


@wrong("returns one loss for each sequence", sometimes="shape")
@hint("Which shape should the result have?")
def cross_entropy_loss_for_each_sequence(logits, labels, mask):
    log_probs = sequence.token_log_probs(torch.where(mask.unsqueeze(-1), logits, 0.0), labels)
    return -torch.where(mask, log_probs, 0.0).sum(dim=1)


@wrong("returns a Python number, through which no gradient flows", sometimes="type")
@hint("What is lost with `.item()`?")
def cross_entropy_loss_as_a_number(logits, labels, mask):
    losses = torch.nn.functional.cross_entropy(logits[mask], labels[mask], reduction="sum")
    return losses.item() / len(labels)


@right("selects the valid tokens first, and sums with PyTorch's cross-entropy")
def cross_entropy_loss_of_valid_tokens(logits, labels, mask):
    losses = torch.nn.functional.cross_entropy(logits[mask], labels[mask], reduction="sum")
    return losses / mask.shape[0]


@right("calls the policy-gradient loss with the references as samples")
def cross_entropy_loss_by_reinforce(logits, labels, mask):
    clean = logits.masked_fill(~mask.unsqueeze(-1), 0.0)
    log_probs = sequence.token_log_probs(clean, labels)
    return reinforce_loss(log_probs, torch.ones_like(log_probs[:, 0]), mask)


@right("loops over sequences and tokens")
def cross_entropy_loss_token_by_token(logits, labels, mask):
    total = logits.new_zeros(())
    for b, t in mask.nonzero().tolist():
        row = logits[b, t]
        total = total + row.logsumexp(dim=0) - row[labels[b, t]]
    return total / mask.size(0)


@right("marks padding in a copy of the labels for PyTorch to ignore, and sets the logits there to zero")
def cross_entropy_loss_by_ignored_index(logits, labels, mask):
    targets = labels.masked_fill(~mask, -100)
    clean = torch.where(mask[..., None], logits, torch.zeros_like(logits))
    losses = torch.nn.functional.cross_entropy(
        clean.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="none"
    )
    return losses.unflatten(0, labels.shape).sum(dim=1).mean()
