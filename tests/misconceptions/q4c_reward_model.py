"""Question 4(c): where the reward model's score is read, and what it is trained on."""

from autograder.misconceptions.bank import right, wrong

SCORE = "rlhf.reward_model.last_token_score"
PREFERENCE = "rlhf.reward_model.preference_loss"


@wrong(
    SCORE,
    says="reads the last column, padding or not",
    hint="What stands in the last column of a short row?",
    common="often",
    failure="not finite",
)
def last_token_score_of_last_column(token_scores, mask):
    return token_scores[:, -1]


@wrong(
    SCORE,
    says="averages the scores of all tokens",
    hint="Which token alone has read the whole response?",
    common="sometimes",
    failure="values",
)
def last_token_score_averages(token_scores, mask):
    return torch.where(mask, token_scores, 0.0).sum(dim=1) / mask.sum(dim=1)


@wrong(
    SCORE,
    says="looks one place past the end",
    hint="Indices begin at 0. Where is the last token of a row of length 1?",
    common="often",
    failure="exception",
)
def last_token_score_one_place_too_late(token_scores, mask):
    return token_scores.gather(1, mask.sum(dim=1, keepdim=True)).squeeze(1)


@wrong(
    SCORE,
    says="reads the token before the end",
    hint="Does the mask count the end as a token of the response?",
    common="sometimes",
    failure="values",
)
def last_token_score_before_the_end(token_scores, mask):
    last = (mask.sum(dim=1, keepdim=True) - 2).clamp(min=0)
    return token_scores.gather(1, last).squeeze(1)


@wrong(
    SCORE,
    says="multiplies by the mark of the last token, and garbage at the padding survives that",
    hint="What is 0 * NaN?",
    common="sometimes",
    failure="not finite",
)
def last_token_score_times_mark(token_scores, mask):
    is_last = F.one_hot(mask.sum(dim=1) - 1, mask.shape[1])
    return (token_scores * is_last).sum(dim=1)


@wrong(
    SCORE,
    says="takes the largest score of the response",
    hint="Is the last token the one with the largest score?",
    common="seldom",
    failure="values",
)
def last_token_score_takes_maximum(token_scores, mask):
    return torch.where(mask, token_scores, -torch.inf).amax(dim=1)


@wrong(
    SCORE,
    says="adds up the scores of all tokens",
    hint="How many of the token scores are read for a response?",
    common="sometimes",
    failure="values",
)
def last_token_score_sums(token_scores, mask):
    return torch.where(mask, token_scores, 0.0).sum(dim=1)


@wrong(
    SCORE,
    says="reads the first token",
    hint="How much of the response has its first token read?",
    common="seldom",
    failure="ignores an argument",
)
def last_token_score_of_first_token(token_scores, mask):
    return token_scores[:, 0]


@wrong(
    SCORE,
    says="reads all rows where the first of them ends",
    hint="Do the rows of a batch end at the same place?",
    common="sometimes",
    failure="not finite",
)
def last_token_score_one_place_for_all(token_scores, mask):
    last = int(mask[0].sum()) - 1
    return token_scores[:, last]


@wrong(
    SCORE,
    says="returns a column [B, 1]",
    hint="Which shape does the docstring name? What does `gather` leave behind?",
    common="often",
    failure="shape",
)
def last_token_score_as_column(token_scores, mask):
    return token_scores.gather(1, mask.sum(dim=1, keepdim=True) - 1)


@wrong(
    SCORE,
    says="reads the end of every row in every row",
    hint="What does token_scores[:, last] pick when `last` is a tensor of one place for each row?",
    common="often",
    failure="shape",
)
def last_token_score_indexes_columns_only(token_scores, mask):
    last = mask.sum(dim=1) - 1
    return token_scores[:, last]


@wrong(
    SCORE,
    says="cuts the gradient",
    hint="The reward model is trained through this function. What does your code do to the graph?",
    common="sometimes",
    failure="no gradient",
)
def last_token_score_detached(token_scores, mask):
    last = mask.sum(dim=1) - 1
    return torch.stack([row[place] for row, place in zip(token_scores.detach(), last)])


@wrong(
    SCORE,
    says="counts places through `view`, which raises where rows do not lie one behind the other in memory",
    hint="What does a transposed tensor say to .view(-1)? Can you index row and place at once?",
    common="seldom",
    failure="exception",
)
def last_token_score_by_flat_view(token_scores, mask):
    start = torch.arange(len(mask)) * mask.shape[1]
    return token_scores.view(-1)[start + mask.sum(dim=1) - 1]


@right(SCORE, says="picks the last valid token of each row in a loop")
def last_token_score_row_by_row(token_scores, mask):
    return torch.stack([row[valid][-1] for row, valid in zip(token_scores, mask)])


@right(SCORE, says="finds the last valid token from the right")
def last_token_score_from_the_right(token_scores, mask):
    last = mask.shape[1] - 1 - mask.flip(1).int().argmax(dim=1, keepdim=True)
    return token_scores.gather(1, last)[:, 0]


@right(SCORE, says="blanks all other places and adds up")
def last_token_score_blanks_the_rest(token_scores, mask):
    is_last = mask & (mask.long().flip(1).cumsum(1).flip(1) == 1)
    return torch.where(is_last, token_scores, torch.zeros_like(token_scores)).sum(-1)


@wrong(
    PREFERENCE,
    says="subtracts the wrong way round",
    hint="Should the loss fall or rise when the preferred response scores higher?",
    common="often",
    failure="values",
)
def preference_loss_wrong_way(chosen_scores, rejected_scores):
    return -F.logsigmoid(rejected_scores - chosen_scores).mean()


@wrong(
    PREFERENCE,
    says="takes the logarithm of a sigmoid that has become 0",
    hint="What is sigmoid(-200) in floating point, and what is its logarithm?",
    common="often",
    failure="not finite",
)
def preference_loss_underflows(chosen_scores, rejected_scores):
    return -torch.log(torch.sigmoid(chosen_scores - rejected_scores)).mean()


@wrong(
    PREFERENCE,
    says="returns the log-likelihood, without the minus",
    hint="A loss is minimised. Is yours ever positive?",
    common="often",
    failure="sign",
)
def preference_loss_without_minus(chosen_scores, rejected_scores):
    return F.logsigmoid(chosen_scores - rejected_scores).mean()


@wrong(
    PREFERENCE,
    says="sums over the batch",
    hint="What becomes of your loss when every pair comes twice?",
    common="sometimes",
    failure="values",
)
def preference_loss_summed(chosen_scores, rejected_scores):
    return F.softplus(rejected_scores - chosen_scores).sum()


@wrong(
    PREFERENCE,
    says="returns one loss for each pair",
    hint="Which shape does the docstring name?",
    common="sometimes",
    failure="shape",
)
def preference_loss_of_each_pair(chosen_scores, rejected_scores):
    return -F.logsigmoid(chosen_scores - rejected_scores)


@wrong(
    PREFERENCE,
    says="is a hinge: pairs apart by more than 1 cost nothing",
    hint="Which probability do Bradley and Terry give to the preference, and what is its logarithm?",
    common="sometimes",
    failure="values",
)
def preference_loss_hinge(chosen_scores, rejected_scores):
    return torch.relu(1 - (chosen_scores - rejected_scores)).mean()


@wrong(
    PREFERENCE,
    says="cuts the gradient to the rejected scores",
    hint="Which of the two scores learn from a pair?",
    common="sometimes",
    failure="no gradient",
)
def preference_loss_rejected_constant(chosen_scores, rejected_scores):
    return -F.logsigmoid(chosen_scores - rejected_scores.detach()).mean()


@wrong(
    PREFERENCE,
    says="bounds the probability from below, so that far out the loss is flat",
    hint="What does a pair learn whose probability you have replaced by 1e-8?",
    common="often",
    failure="values",
)
def preference_loss_bounded_probability(chosen_scores, rejected_scores):
    probability = torch.sigmoid(chosen_scores - rejected_scores)
    return -torch.log(probability.clamp(min=1e-8)).mean()


@wrong(
    PREFERENCE,
    says="averages the probability of a wrong preference, and takes no logarithm",
    hint="Is that a log-likelihood?",
    common="sometimes",
    failure="values",
)
def preference_loss_without_logarithm(chosen_scores, rejected_scores):
    return torch.sigmoid(rejected_scores - chosen_scores).mean()


@wrong(
    PREFERENCE,
    says="is in bits",
    hint="In which unit does the docstring want it?",
    common="seldom",
    failure="constant factor",
)
def preference_loss_in_bits(chosen_scores, rejected_scores):
    nats = F.softplus(rejected_scores - chosen_scores).mean()
    return nats / torch.log(torch.full_like(nats, 2.0))


@wrong(
    PREFERENCE,
    says="takes the logarithm of the mean where the mean of the logarithms is due",
    hint="In which order do mean, logarithm and sigmoid come in the docstring?",
    common="seldom",
    failure="values",
)
def preference_loss_of_mean_difference(chosen_scores, rejected_scores):
    return -F.logsigmoid((chosen_scores - rejected_scores).mean())


@wrong(
    PREFERENCE,
    says="returns a bare number",
    hint="How should a gradient find its way through a float?",
    common="sometimes",
    failure="type",
)
def preference_loss_as_number(chosen_scores, rejected_scores):
    return -F.logsigmoid(chosen_scores - rejected_scores).mean().item()


@right(PREFERENCE, says="is the cross-entropy of two classes")
def preference_loss_as_cross_entropy(chosen_scores, rejected_scores):
    scores = torch.stack([chosen_scores, rejected_scores], dim=1)
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device))


@right(PREFERENCE, says="is the logarithm of a sum of exponentials")
def preference_loss_by_logaddexp(chosen_scores, rejected_scores):
    return torch.logaddexp(torch.zeros_like(chosen_scores), rejected_scores - chosen_scores).mean()


@right(PREFERENCE, says="is binary cross-entropy with all labels 1")
def preference_loss_as_binary_cross_entropy(chosen_scores, rejected_scores):
    difference = chosen_scores - rejected_scores
    return F.binary_cross_entropy_with_logits(difference, torch.ones_like(difference))
