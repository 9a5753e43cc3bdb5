"""Right answers of another make: REINFORCE and supervised loss, reward model."""

from autograder.misconceptions.writing import right

TASK = "rlhf.policy_gradient.reinforce_loss"


@right("weights each token, one sum over all, divided by the batch")
def reinforce_weighted_tokens(log_probs, rewards, mask, baseline=0.0):
    advantage = (rewards - baseline).detach().unsqueeze(1)
    return -(advantage * log_probs.masked_fill(~mask, 0.0)).sum() / len(log_probs)


@right("Python loop over the rows, valid tokens only")
def reinforce_loop_over_rows(log_probs, rewards, mask, baseline=0.0):
    level = torch.as_tensor(baseline, dtype=rewards.dtype, device=rewards.device)
    weights = (rewards - level).detach()
    losses = [-w * row[m].sum() for w, row, m in zip(weights, log_probs, mask, strict=True)]
    return torch.stack(losses).mean()


@right("index_add of the valid tokens to their rows, and a dot product, in double precision")
def reinforce_index_add_and_dot(log_probs, rewards, mask, baseline=0.0):
    with torch.no_grad():
        advantage = (rewards - baseline).double()
    row, _ = mask.nonzero(as_tuple=True)
    zeros = torch.zeros(len(mask), dtype=torch.float64, device=log_probs.device)
    totals = zeros.index_add(0, row, log_probs[mask].double())
    return (torch.dot(advantage, totals) / -len(mask)).to(log_probs.dtype)


@right("vmap over the rows")
def reinforce_vmapped(log_probs, rewards, mask, baseline=0.0):
    def one(row, weight, valid):
        return -weight * torch.where(valid, row, torch.zeros_like(row)).sum()

    advantage = rewards.detach().sub(baseline).detach()
    return torch.func.vmap(one)(log_probs, advantage, mask).mean()


TASK = "rlhf.policy_gradient.cross_entropy_loss"


@right("cross_entropy of the valid tokens with reduction sum")
def supervised_valid_tokens_sum(logits, labels, mask):
    if logits.shape[:-1] != labels.shape:
        raise ValueError(f"logits {list(logits.shape)} do not match labels {list(labels.shape)}")
    total = torch.nn.functional.cross_entropy(logits[mask], labels[mask], reduction="sum")
    return total / labels.shape[0]


@right("transformers style: ignore_index, with the padding's logits set to 0 before")
def supervised_ignore_index(logits, labels, mask):
    if logits.shape[:-1] != labels.shape:
        raise ValueError(f"logits {list(logits.shape)} do not match labels {list(labels.shape)}")
    clean = logits.masked_fill(~mask[..., None], 0.0).transpose(1, 2)
    targets = labels.masked_fill(~mask, -100)
    losses = torch.nn.functional.cross_entropy(clean, targets, ignore_index=-100, reduction="none")
    return losses.sum(dim=1).mean(dim=0)


@right("the REINFORCE loss with reward 1 for the reference")
def supervised_as_reinforce_with_reward_one(logits, labels, mask):
    if logits.shape[:-1] != labels.shape:
        raise ValueError(f"logits {list(logits.shape)} do not match labels {list(labels.shape)}")
    clean = logits.masked_fill(~mask.unsqueeze(-1), 0.0)
    log_probs = sequence.token_log_probs(clean, labels)
    return reinforce_loss(log_probs, log_probs.new_ones(len(labels)), mask)


@right("Python loop over rows and tokens in double precision")
def supervised_loop_over_tokens(logits, labels, mask):
    if logits.shape[:-1] != labels.shape:
        raise ValueError(f"logits {list(logits.shape)} do not match labels {list(labels.shape)}")
    total = torch.zeros((), dtype=torch.float64, device=logits.device)
    for b, t in mask.nonzero().tolist():
        scores = logits[b, t].double()
        total = total + torch.logsumexp(scores, dim=0) - scores[labels[b, t]]
    return (total / len(labels)).to(logits.dtype)


TASK = "rlhf.reward_model.last_token_score"


@right("gather at the length minus one")
def last_score_gather(token_scores, mask):
    lengths = mask.long().sum(dim=1, keepdim=True)
    return token_scores.gather(1, lengths - 1).squeeze(1)


@right("largest position where the mask is True")
def last_score_largest_valid_position(token_scores, mask):
    positions = torch.arange(mask.shape[1], device=mask.device)
    last = (positions * mask).amax(dim=1)
    return torch.take_along_dim(token_scores, last[:, None], dim=1)[:, 0]


@right("row by row, the last of the valid scores")
def last_score_row_by_row(token_scores, mask):
    return torch.stack([scores[valid][-1] for scores, valid in zip(token_scores, mask, strict=True)])


@right("marks the token with no valid token after it, and sums what is marked")
def last_score_sum_of_marked(token_scores, mask):
    left = mask.long().flip(1).cumsum(dim=1).flip(1)
    return token_scores.masked_fill(~(mask & (left == 1)), 0.0).sum(dim=1)


@right("OpenRLHF style: argmax of the flipped mask, and advanced indexing")
def last_score_flipped_argmax(token_scores, mask):
    index = mask.shape[1] - 1 - mask.long().fliplr().argmax(dim=1)
    return token_scores[torch.arange(mask.shape[0], device=mask.device), index]


TASK = "rlhf.reward_model.preference_loss"


@right("softplus of the difference the other way round")
def preference_softplus(chosen_scores, rejected_scores):
    return F.softplus(rejected_scores - chosen_scores).mean()


@right("binary cross-entropy with targets of 1")
def preference_binary_cross_entropy(chosen_scores, rejected_scores):
    margin = chosen_scores - rejected_scores
    return F.binary_cross_entropy_with_logits(margin, torch.ones_like(margin))


@right("cross-entropy over the pair, the chosen one is class 0")
def preference_two_class_cross_entropy(chosen_scores, rejected_scores):
    pairs = torch.stack([chosen_scores, rejected_scores], dim=-1)
    target = torch.zeros(len(pairs), dtype=torch.long, device=pairs.device)
    return F.cross_entropy(pairs, target)


@right("logaddexp of both scores minus the chosen one's, in double precision")
def preference_logaddexp_in_double(chosen_scores, rejected_scores):
    chosen, rejected = chosen_scores.double(), rejected_scores.double()
    return (torch.logaddexp(chosen, rejected) - chosen).mean().to(chosen_scores.dtype)


@right("Python loop with log1p of a small exponential")
def preference_loop_log1p(chosen_scores, rejected_scores):
    total = chosen_scores.new_zeros(())
    for chosen, rejected in zip(chosen_scores, rejected_scores, strict=True):
        margin = chosen - rejected
        if margin > 0:
            total = total + torch.log1p(torch.exp(-margin))
        else:
            total = total - margin + torch.log1p(torch.exp(margin))
    return total / len(chosen_scores)
