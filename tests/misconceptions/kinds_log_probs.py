"""Questions 4(a) and 4(c): the kinds of mistakes that live on: log-probabilities and scores."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "rlhf.log_probs.shift_right"


@wrong("shifts inside the caller's tensor", sometimes="argument changed in place")
@hint("After `b = a`, how many tensors are there? What does the caller find in tokens afterwards?")
def shift_inside_tokens(tokens, start_id):
    shifted = tokens
    shifted[:, 1:] = tokens[:, :-1].clone()
    shifted[:, 0] = start_id
    return shifted


@wrong("goes through float32, which cannot hold ids above 2**24", rarely="values")
@hint("Which is the first whole number that float32 cannot hold? Do ids need to become floats?")
def shift_pads_in_single(tokens, start_id):
    padded = torch.nn.functional.pad(tokens.float(), (1, 0), value=float(start_id))
    return padded[:, :-1].to(tokens.dtype)


TASK = "rlhf.log_probs.response_mask"


@wrong("counts the ends in 8 bits: after 256 of them the row is valid again", rarely="values")
@hint("What comes after 255 in 8 bits? How often can a row contain the id of the end?")
def mask_counts_in_8_bits(tokens, eos_id):
    ended = (tokens == eos_id).to(torch.uint8)
    before = torch.cumsum(ended, dim=1, dtype=torch.uint8) - ended
    return before == 0


@wrong("takes argmax = 0 for 'no end', so a row that starts with the end is all valid", sometimes="values")
@hint("What does argmax return if the end is the first token, and what if there is none?")
def mask_end_at_first_token(tokens, eos_id):
    first = (tokens == eos_id).int().argmax(dim=1)
    first[first == 0] = tokens.shape[1]
    return torch.arange(tokens.shape[1], device=tokens.device) <= first.unsqueeze(1)


TASK = "rlhf.log_probs.token_log_probs"


@wrong(
    "subtracts the largest logit of the whole batch: positions with much smaller logits overflow to infinity",
    sometimes="not finite",
)
@hint("Which maximum has to be subtracted? Try one row of logits near 500 and another one near 0.")
def token_log_probs_batch_maximum(logits, tokens, temperature=1.0):
    scaled = logits / temperature
    scaled = scaled - scaled.max()
    log_probs = scaled - scaled.exp().sum(dim=-1, keepdim=True).log()
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong("divides the caller's logits by the temperature in place", sometimes="argument changed in place")
@hint("What does `/=` do to logits that the caller still uses?")
def token_log_probs_divides_in_place(logits, tokens, temperature=1.0):
    if temperature != 1.0:
        logits /= temperature
    log_probs = torch.log_softmax(logits, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


TASK = "rlhf.log_probs.policy_log_probs"


@wrong("puts the policy into evaluation mode and leaves it there", rarely="global state")
@hint("Whose policy is it, and in which mode does the caller find it afterwards?")
def policy_log_probs_leaves_eval(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    if isinstance(policy, torch.nn.Module):
        policy.eval()
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong("calls the policy once for every 16 rows instead of with one call", rarely="values")
@hint("How often does the docstring let you call the policy?")
def policy_log_probs_sixteen_rows(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    parts = []
    for i in range(0, len(tokens), 16):
        rows = slice(i, i + 16)
        logits = policy(input_ids[rows], attention_mask[rows], shift_right(tokens[rows], start_id))
        parts.append(token_log_probs(logits, tokens[rows], temperature))
    return torch.cat(parts)


TASK = "rlhf.reward_model.last_token_score"


@wrong("sums scores times one-hot: a NaN or infinity at padding reaches the score", sometimes="not finite")
@hint("What is 0 * NaN? Which entries of token_scores should not matter at all?")
def last_score_one_hot(token_scores, mask):
    last = torch.nn.functional.one_hot(mask.sum(dim=1) - 1, mask.shape[1])
    return (token_scores * last).sum(dim=1)


@wrong("view(-1) fails on scores that are not contiguous, e.g. a slice of columns", rarely="exception")
@hint("When does view refuse a tensor? Try your function on a slice of columns.")
def last_score_flat_view(token_scores, mask):
    width = token_scores.shape[1]
    rows = torch.arange(len(mask), device=mask.device)
    return token_scores.view(-1)[rows * width + mask.sum(dim=1) - 1]


TASK = "rlhf.reward_model.preference_loss"


@wrong(
    "clamps the difference to [-20, 20]: a pair that is far wrong costs 20 and has no gradient",
    sometimes="values",
)
@hint("What should a pair with scores -100 and 100 cost, and what does it teach the model in your loss?")
@edit("chosen_scores - rejected_scores", "(chosen_scores - rejected_scores).clamp(-20, 20)")
def preference_clamped_difference(): ...
