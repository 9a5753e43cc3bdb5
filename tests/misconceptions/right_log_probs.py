"""Right answers of another make: log-probabilities of a sequence model and its mask."""

from autograder.misconceptions.writing import right

TASK = "rlhf.log_probs.shift_right"


@right("rolls the rows and overwrites the first column")
def shift_right_roll(tokens, start_id):
    shifted = torch.roll(tokens, shifts=1, dims=1)
    shifted[:, 0] = start_id
    return shifted


@right("transformers style: new tensor, filled by slices")
def shift_right_like_transformers(tokens, start_id):
    shifted = tokens.new_zeros(tokens.shape)
    shifted[:, 1:] = tokens[:, :-1].clone()
    shifted[:, 0] = start_id
    return shifted


@right("pads on the left")
def shift_right_pad_on_the_left(tokens, start_id):
    return torch.nn.functional.pad(tokens[:, :-1], (1, 0), value=start_id)


@right("Python lists")
def shift_right_python_lists(tokens, start_id):
    rows = [[start_id, *row[:-1]] for row in tokens.tolist()]
    return torch.tensor(rows, dtype=tokens.dtype, device=tokens.device).reshape(tokens.shape)


TASK = "rlhf.log_probs.response_mask"


@right("position of the first end, compared with all positions")
def response_mask_first_end_by_argmax(tokens, eos_id):
    ends = tokens == eos_id
    length = tokens.shape[1]
    first = torch.where(ends.any(dim=1), ends.int().argmax(dim=1), length)
    return torch.arange(length, device=tokens.device) <= first.unsqueeze(1)


@right("product of all the not-an-ends before")
def response_mask_cumprod_of_not_end(tokens, eos_id):
    alive = (tokens != eos_id).long().cumprod(dim=1).bool()
    return torch.cat([torch.ones_like(alive[:, :1]), alive[:, :-1]], dim=1)


@right("Python loop over rows and tokens")
def response_mask_loops(tokens, eos_id):
    mask = torch.zeros(tokens.shape, dtype=torch.bool, device=tokens.device)
    for b, row in enumerate(tokens.tolist()):
        for t, token in enumerate(row):
            mask[b, t] = True
            if token == eos_id:
                break
    return mask


@right("no end so far, or the first one")
def response_mask_no_end_or_the_first(tokens, eos_id):
    is_end = tokens.eq(eos_id)
    count = is_end.cumsum(dim=1)
    return (count == 0) | (is_end & (count == 1))


@right("numpy's logical_or.accumulate, shifted")
def response_mask_numpy_accumulate(tokens, eos_id):
    import numpy as np

    ended = np.logical_or.accumulate(tokens.cpu().numpy() == eos_id, axis=1)
    before = np.zeros_like(ended)
    before[:, 1:] = ended[:, :-1]
    return torch.from_numpy(~before).to(tokens.device)


TASK = "rlhf.log_probs.token_log_probs"


@right("torchtune style: negative cross-entropy without reduction")
def token_log_probs_negative_cross_entropy(logits, tokens, temperature=1.0):
    flat = (logits / temperature).reshape(-1, logits.shape[-1])
    losses = torch.nn.functional.cross_entropy(flat, tokens.reshape(-1), reduction="none")
    return -losses.reshape(tokens.shape)


@right("torch.distributions.Categorical")
def token_log_probs_categorical(logits, tokens, temperature=1.0):
    policy = torch.distributions.Categorical(logits=logits / temperature, validate_args=False)
    return policy.log_prob(tokens)


@right("TRL style: selected logit minus logsumexp row by row, in double precision")
def token_log_probs_selected_minus_logsumexp(logits, tokens, temperature=1.0):
    scaled = logits.double() / temperature
    selected = torch.gather(scaled, dim=-1, index=tokens[..., None]).squeeze(-1)
    normaliser = torch.stack([torch.logsumexp(row, dim=-1) for row in scaled])
    return (selected - normaliser).to(logits.dtype)


@right("one_hot selects")
def token_log_probs_one_hot(logits, tokens, temperature=1.0):
    chosen = torch.nn.functional.one_hot(tokens, logits.shape[-1]).bool()
    log_probs = logits.div(temperature).log_softmax(dim=-1)
    return log_probs.masked_fill(~chosen, 0.0).sum(dim=-1)


@right("vmap over rows and tokens")
def token_log_probs_vmapped(logits, tokens, temperature=1.0):
    def one(row, token):
        return torch.log_softmax(row / temperature, dim=0).gather(0, token.unsqueeze(0)).squeeze(0)

    return torch.func.vmap(torch.func.vmap(one))(logits, tokens)


TASK = "rlhf.log_probs.policy_log_probs"


@right("writes shift and selection out again")
def policy_log_probs_written_out_again(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    decoder_input_ids = tokens.roll(1, dims=1)
    decoder_input_ids[:, 0] = start_id
    logits = policy(input_ids, attention_mask, decoder_input_ids) / temperature
    return -torch.nn.functional.cross_entropy(logits.transpose(1, 2), tokens, reduction="none")


@right("a Categorical over the logits of the one call")
def policy_log_probs_categorical(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    steps = torch.distributions.Categorical(logits=logits / temperature, validate_args=False)
    return steps.log_prob(tokens)


@right("token by token over the logits of the one call")
def policy_log_probs_token_by_token(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    columns = []
    for t in range(tokens.shape[1]):
        step = torch.log_softmax(logits[:, t] / temperature, dim=-1)
        columns.append(step[torch.arange(len(tokens), device=step.device), tokens[:, t]])
    return torch.stack(columns, dim=1)


@right("the decoder also reads the last token, and its last logits are dropped")
def policy_log_probs_reads_all_drops_last(
    policy, input_ids, attention_mask, tokens, start_id, temperature=1.0
):
    start = tokens.new_full((len(tokens), 1), start_id)
    logits = policy(input_ids, attention_mask, torch.hstack([start, tokens]))
    return token_log_probs(logits[:, :-1], tokens, temperature)
