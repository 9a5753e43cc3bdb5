"""Question 4(c): where the reward model's score is read, and what it is trained on."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "rlhf.reward_model.last_token_score"


@wrong("reads the last column, even if it is padding", often="not finite")
@hint("What does the last column of a short row hold?")
def last_token_score_of_last_column(token_scores, mask):
    return token_scores[:, -1]


@wrong("averages the scores of all tokens", sometimes="values")
@hint("At which token has the model read the whole response?")
def last_token_score_averages(token_scores, mask):
    return torch.where(mask, token_scores, 0.0).sum(dim=1) / mask.sum(dim=1)


@wrong("reads one place after the end", often="exception")
@hint("Indices begin at 0. Where is the last token of a row of length 1?")
def last_token_score_one_place_too_late(token_scores, mask):
    return token_scores.gather(1, mask.sum(dim=1, keepdim=True)).squeeze(1)


@wrong("reads the token before the end", sometimes="values")
@hint("Does the mask count the end as a token of the response?")
def last_token_score_before_the_end(token_scores, mask):
    last = (mask.sum(dim=1, keepdim=True) - 2).clamp(min=0)
    return token_scores.gather(1, last).squeeze(1)


@wrong(
    "multiplies by an indicator of the last token, so that NaN at the padding stays NaN",
    sometimes="not finite",
)
@hint("What is 0 * NaN?")
def last_token_score_times_mark(token_scores, mask):
    is_last = F.one_hot(mask.sum(dim=1) - 1, mask.shape[1])
    return (token_scores * is_last).sum(dim=1)


@wrong("takes the largest score of the response", rarely="values")
@hint("Is the last token always the one with the largest score?")
def last_token_score_takes_maximum(token_scores, mask):
    return torch.where(mask, token_scores, -torch.inf).amax(dim=1)


@wrong("adds up the scores of all tokens", sometimes="values")
@hint("How many of the token scores should be read for a response?")
def last_token_score_sums(token_scores, mask):
    return torch.where(mask, token_scores, 0.0).sum(dim=1)


@wrong("reads the first token", rarely="ignores an argument")
@hint("How much of the response has the model read at the first token?")
def last_token_score_of_first_token(token_scores, mask):
    return token_scores[:, 0]


@wrong("reads every row at the place where the first row ends", sometimes="not finite")
@hint("Do the rows of a batch end at the same place?")
def last_token_score_one_place_for_all(token_scores, mask):
    last = int(mask[0].sum()) - 1
    return token_scores[:, last]


@wrong("returns a column of shape [B, 1]", often="shape")
@hint("Which shape does the docstring name? Which shape does `gather` return?")
def last_token_score_as_column(token_scores, mask):
    return token_scores.gather(1, mask.sum(dim=1, keepdim=True) - 1)


@wrong("reads every row at the last places of all rows", often="shape")
@hint("What does token_scores[:, last] select when `last` is a tensor with one place for each row?")
def last_token_score_indexes_columns_only(token_scores, mask):
    last = mask.sum(dim=1) - 1
    return token_scores[:, last]


@wrong("cuts the gradient", sometimes="no gradient")
@hint("The reward model is trained through this function. What does your code do to the autograd graph?")
def last_token_score_detached(token_scores, mask):
    last = mask.sum(dim=1) - 1
    return torch.stack([row[place] for row, place in zip(token_scores.detach(), last)])


@wrong(
    "uses `view`, which raises an error if the rows are not stored one after the other in memory",
    rarely="exception",
)
@hint("What does .view(-1) do with a transposed tensor? Can you index row and place at once?")
def last_token_score_by_flat_view(token_scores, mask):
    start = torch.arange(len(mask)) * mask.shape[1]
    return token_scores.view(-1)[start + mask.sum(dim=1) - 1]


@right("selects the last valid token of each row in a loop")
def last_token_score_row_by_row(token_scores, mask):
    return torch.stack([row[valid][-1] for row, valid in zip(token_scores, mask)])


@right("searches from the right for the last valid token")
def last_token_score_from_the_right(token_scores, mask):
    last = mask.shape[1] - 1 - mask.flip(1).int().argmax(dim=1, keepdim=True)
    return token_scores.gather(1, last)[:, 0]


@right("sets all other places to zero and sums")
def last_token_score_blanks_the_rest(token_scores, mask):
    is_last = mask & (mask.long().flip(1).cumsum(1).flip(1) == 1)
    return torch.where(is_last, token_scores, torch.zeros_like(token_scores)).sum(-1)


TASK = "rlhf.reward_model.preference_loss"


@wrong("subtracts the scores in the wrong order", often="values")
@hint("Should the loss fall or rise when the preferred response scores higher?")
def preference_loss_wrong_way(chosen_scores, rejected_scores):
    return -F.logsigmoid(rejected_scores - chosen_scores).mean()


@wrong("takes the logarithm of a sigmoid that underflows to 0", often="not finite")
@hint("What is sigmoid(-200) in floating point, and what is its logarithm?")
def preference_loss_underflows(chosen_scores, rejected_scores):
    return -torch.log(torch.sigmoid(chosen_scores - rejected_scores)).mean()


@wrong("returns the log-likelihood, without the minus sign", often="sign")
@hint("A loss is minimised. Is yours ever positive?")
def preference_loss_without_minus(chosen_scores, rejected_scores):
    return F.logsigmoid(chosen_scores - rejected_scores).mean()


@wrong("sums over the batch", sometimes="values")
@hint("How does your loss change when the batch contains every pair twice?")
def preference_loss_summed(chosen_scores, rejected_scores):
    return F.softplus(rejected_scores - chosen_scores).sum()


@wrong("returns one loss for each pair", sometimes="shape")
@hint("Which shape does the docstring name?")
def preference_loss_of_each_pair(chosen_scores, rejected_scores):
    return -F.logsigmoid(chosen_scores - rejected_scores)


@wrong(
    "uses a hinge loss: a pair costs nothing if the preferred score is higher by more than 1",
    sometimes="values",
)
@hint("Which probability do Bradley and Terry give to the preference, and what is its logarithm?")
def preference_loss_hinge(chosen_scores, rejected_scores):
    return torch.relu(1 - (chosen_scores - rejected_scores)).mean()


@wrong("cuts the gradient to the rejected scores", sometimes="no gradient")
@hint("Which of the two scores should learn from a pair?")
def preference_loss_rejected_constant(chosen_scores, rejected_scores):
    return -F.logsigmoid(chosen_scores - rejected_scores.detach()).mean()


@wrong(
    "clamps the probability to a lower bound, so that the loss is flat for very wrong pairs", often="values"
)
@hint("What does the model learn from a pair whose probability you replaced by 1e-8?")
def preference_loss_bounded_probability(chosen_scores, rejected_scores):
    probability = torch.sigmoid(chosen_scores - rejected_scores)
    return -torch.log(probability.clamp(min=1e-8)).mean()


@wrong("averages the probability of a wrong preference and does not take a logarithm", sometimes="values")
@hint("Is that a log-likelihood?")
def preference_loss_without_logarithm(chosen_scores, rejected_scores):
    return torch.sigmoid(rejected_scores - chosen_scores).mean()


@wrong("calculates the loss in bits", rarely="constant factor")
@hint("In which unit does the docstring want the loss?")
def preference_loss_in_bits(chosen_scores, rejected_scores):
    nats = F.softplus(rejected_scores - chosen_scores).mean()
    return nats / torch.log(torch.full_like(nats, 2.0))


@wrong("takes the logarithm of the mean instead of the mean of the logarithms", rarely="values")
@hint("In which order do mean, logarithm and sigmoid come in the docstring?")
def preference_loss_of_mean_difference(chosen_scores, rejected_scores):
    return -F.logsigmoid((chosen_scores - rejected_scores).mean())


@wrong("returns a plain Python number", sometimes="type")
@hint("How can a gradient flow through a float?")
def preference_loss_as_number(chosen_scores, rejected_scores):
    return -F.logsigmoid(chosen_scores - rejected_scores).mean().item()


@right("uses the cross-entropy of two classes")
def preference_loss_as_cross_entropy(chosen_scores, rejected_scores):
    scores = torch.stack([chosen_scores, rejected_scores], dim=1)
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device))


@right("uses the logarithm of a sum of exponentials")
def preference_loss_by_logaddexp(chosen_scores, rejected_scores):
    return torch.logaddexp(torch.zeros_like(chosen_scores), rejected_scores - chosen_scores).mean()


@right("uses binary cross-entropy with all labels 1")
def preference_loss_as_binary_cross_entropy(chosen_scores, rejected_scores):
    difference = chosen_scores - rejected_scores
    return F.binary_cross_entropy_with_logits(difference, torch.ones_like(difference))
