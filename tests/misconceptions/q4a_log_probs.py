"""Question 4(a): log-probabilities of given tokens, from logits and from a policy."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.log_probs.token_log_probs"


@wrong("takes the logarithm of a softmax, which is minus infinity in the tail", often="not finite")
@hint("In floating point, what is the softmax of a token whose logit is 1000 below the largest?")
def token_log_probs_log_of_softmax(logits, tokens, temperature=1.0):
    probabilities = torch.softmax(logits / temperature, dim=-1)
    return probabilities.gather(-1, tokens.unsqueeze(-1)).squeeze(-1).log()


@wrong("clamps probabilities to a lower bound before the logarithm", sometimes="values")
@hint("The bound hides the infinity. Is the value in the tail right? Which function needs no bound?")
def token_log_probs_bounded(logits, tokens, temperature=1.0):
    probabilities = torch.softmax(logits / temperature, dim=-1).clamp(min=1e-12)
    return probabilities.log().gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong("picks the logits without normalising them", often="values")
@hint("Do the exponentials of your values sum to one over the vocabulary?")
def token_log_probs_not_normalised(logits, tokens, temperature=1.0):
    return (logits / temperature).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong("ignores the temperature", often="ignores an argument")
@hint("The tokens were drawn at some temperature. Where does your code use it?")
@edit("logits / temperature", "logits")
def token_log_probs_without_temperature(): ...


@wrong("multiplies by the temperature", sometimes="values")
@hint("Does a low temperature make the policy more certain or less certain?")
@edit("logits / temperature", "logits * temperature")
def token_log_probs_times_temperature(): ...


@wrong("applies the temperature to the log-probabilities instead of the logits", often="values")
@hint("Do the probabilities still sum to one after that?")
@edit("torch.log_softmax(logits / temperature, dim=-1)", "torch.log_softmax(logits, dim=-1) / temperature")
def token_log_probs_late_temperature(): ...


@wrong("normalises over time instead of the vocabulary", sometimes="values")
@hint("From which alternatives was the token drawn? Which axis holds them?")
@edit("dim=-1", "dim=1")
def token_log_probs_over_time(): ...


@wrong("returns the loss of each token, which is positive", often="sign")
@hint("Which sign does the logarithm of a probability have?")
def token_log_probs_positive(logits, tokens, temperature=1.0):
    scaled = (logits / temperature).transpose(1, 2)
    return torch.nn.functional.cross_entropy(scaled, tokens, reduction="none")


@wrong("cuts the autograd graph", sometimes="no gradient")
@hint("Which network is trained with these log-probabilities? What does no_grad do?")
def token_log_probs_without_graph(logits, tokens, temperature=1.0):
    with torch.no_grad():
        log_probs = torch.log_softmax(logits / temperature, dim=-1)
        return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong("treats the normalising constant as a constant in the gradient, too", rarely="values")
@hint(
    "If another token's logit rises, how does this token's probability change? Does your gradient show it?",
)
def token_log_probs_constant_normaliser(logits, tokens, temperature=1.0):
    logits = logits / temperature
    with torch.no_grad():
        normaliser = torch.logsumexp(logits, dim=-1)
    return logits.gather(-1, tokens.unsqueeze(-1)).squeeze(-1) - normaliser


@wrong("divides the caller's logits in place", sometimes="exception")
@hint("`x /= y` and `x = x / y` are not the same. What does autograd say about the first one?")
def token_log_probs_in_place(logits, tokens, temperature=1.0):
    logits /= temperature
    return torch.log_softmax(logits, dim=-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong("returns probabilities", sometimes="values")
@hint("Which sign do your values have? The docstring asks for nats.")
def token_log_probs_no_logarithm(logits, tokens, temperature=1.0):
    probabilities = torch.softmax(logits / temperature, dim=-1)
    return probabilities.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong("does not remove the axis of length 1 that `gather` needs", often="shape")
@hint("Which shape should the result have? Which shape does gather return?")
def token_log_probs_extra_axis(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits / temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1))


@wrong("squeezes all axes of length 1, even the batch axis of a batch of one", often="shape")
@hint("What does `squeeze()` without an axis do to a batch of one?")
def token_log_probs_squeezes_all(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits / temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze()


@wrong("casts to single precision", sometimes="dtype")
@hint("The input has double precision. Which precision does the result have?")
@edit("logits", "logits.float()")
def token_log_probs_in_single_precision(): ...


@wrong("only accepts logits that are stored in memory in the usual order", sometimes="exception")
@hint("`view` needs a certain layout of the memory. What does its error message advise?")
def token_log_probs_by_view(logits, tokens, temperature=1.0):
    flat = logits.view(-1, logits.shape[-1]) / temperature
    picked = flat.log_softmax(dim=-1)[torch.arange(len(flat)), tokens.view(-1)]
    return picked.view(tokens.shape)


@wrong("shifts once more, as a model without an encoder needs it", often="shape")
@hint("According to the docstring, which token do logits[b, t] belong to?")
def token_log_probs_shifted_again(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits[:, :-1] / temperature, dim=-1)
    return log_probs.gather(-1, tokens[:, 1:].unsqueeze(-1)).squeeze(-1)


@wrong("returns log-probabilities in bits", rarely="constant factor")
@hint("Which unit does the docstring name?")
def token_log_probs_in_bits(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits / temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1) / torch.log(torch.tensor(2.0))


@right("subtracts logsumexp from the picked logit")
def token_log_probs_by_logsumexp(logits, tokens, temperature=1.0):
    scaled = logits / temperature
    picked = torch.take_along_dim(scaled, tokens[..., None], dim=-1)[..., 0]
    return picked - scaled.logsumexp(dim=-1)


@right("changes the sign of the cross-entropy")
def token_log_probs_by_cross_entropy(logits, tokens, temperature=1.0):
    flat = (logits / temperature).flatten(0, 1)
    losses = torch.nn.functional.cross_entropy(flat, tokens.flatten(), reduction="none")
    return -losses.unflatten(0, tokens.shape)


@right("uses a categorical distribution")
def token_log_probs_by_distribution(logits, tokens, temperature=1.0):
    return torch.distributions.Categorical(logits=logits / temperature).log_prob(tokens)


@right("multiplies with one-hot vectors, in double precision")
def token_log_probs_by_one_hot(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits.double() / temperature, dim=-1)
    chosen = torch.nn.functional.one_hot(tokens, logits.shape[-1]).double()
    return torch.einsum("btv,btv->bt", log_probs, chosen).to(logits.dtype)


TASK = "rlhf.log_probs.policy_log_probs"


@wrong("lets the decoder read the tokens that it must predict", often="values")
@hint("May the decoder see the first token while it predicts that token?")
@edit("shift_right(tokens, start_id)", "tokens")
def policy_log_probs_reads_the_answer(): ...


@wrong("shifts twice", sometimes="values")
@hint("Which token should be at the second place of what the decoder reads?")
def policy_log_probs_shifts_twice(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    decoder_input_ids = shift_right(tokens, start_id)
    logits = policy(input_ids, attention_mask, shift_right(decoder_input_ids, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong("shifts the decoder's input, and then also shifts the logits against the tokens", often="shape")
@hint("After the decoder's input is shifted, which token do logits[:, t] predict?")
@edit("logits, tokens", "logits[:, :-1], tokens[:, 1:]")
def policy_log_probs_shifts_logits(): ...


@wrong("forgets the temperature", often="ignores an argument")
@hint("Are these the probabilities that the tokens were drawn with?")
@edit("tokens, temperature", "tokens")
def policy_log_probs_without_temperature(): ...


@wrong("divides by the temperature twice", sometimes="values")
@hint("What does token_log_probs do with the temperature?")
def policy_log_probs_temperature_twice(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id)) / temperature
    return token_log_probs(logits, tokens, temperature)


@wrong("cuts the autograd graph to the policy", sometimes="no gradient")
@hint("For which step is no_grad right, the roll-out or the update? Which one calls this function?")
def policy_log_probs_without_graph(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    with torch.no_grad():
        logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong("lets the encoder attend to the padding of the source", often="ignores an argument")
@hint("What does the attention mask say, and who gets it?")
@edit("logits = policy", "everything = torch.ones_like(input_ids, dtype=torch.bool)\nlogits = policy")
@edit("attention_mask", "everything")
def policy_log_probs_attends_to_padding(): ...


@wrong("swaps the mask and the source when it calls the policy", rarely="values")
@hint("In which order does the docstring give the policy's arguments?")
@edit("input_ids, attention_mask", "attention_mask, input_ids")
def policy_log_probs_swaps_arguments(): ...


@wrong("starts with 0, whatever the start id is", sometimes="ignores an argument")
@hint("Does every policy start with the same id? Do you use all arguments?")
@edit("start_id", "0")
def policy_log_probs_starts_with_zero(): ...


@wrong("sums over the response", sometimes="shape")
@hint("Which shape should the result have? Does the sum know which tokens are padding?")
def policy_log_probs_summed(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature).sum(dim=1)


@wrong("scores the tokens that were read instead of those that were predicted", sometimes="values")
@hint("logits[:, t] depend on what was read up to t. Which token's probability is wanted there?")
def policy_log_probs_scores_what_was_read(
    policy, input_ids, attention_mask, tokens, start_id, temperature=1.0
):
    decoder_input_ids = shift_right(tokens, start_id)
    logits = policy(input_ids, attention_mask, decoder_input_ids)
    return token_log_probs(logits, decoder_input_ids, temperature)


@wrong("uses the logits of the last place for every token", rarely="values")
@hint("In the roll-out only the last place is of interest. How many places are of interest here?")
def policy_log_probs_last_place_only(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    last = logits[:, -1:].expand(-1, tokens.shape[1], -1)
    return token_log_probs(last, tokens, temperature)


@wrong("lets the decoder read the source", rarely="exception")
@hint("What has the decoder written before token t: the source or the response?")
@edit("shift_right(tokens, start_id)", "shift_right(input_ids, start_id)")
def policy_log_probs_decoder_reads_source(): ...


@wrong(
    "expects that the policy returns an output object of transformers with a field `logits`",
    often="exception",
)
@hint("What does the policy return, according to the docstring?")
def policy_log_probs_of_transformers(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    output = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(output.logits, tokens, temperature)


@right("writes out the shift and the normalisation")
def policy_log_probs_written_out(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    decoder_input_ids = tokens.roll(1, dims=1).clone()
    decoder_input_ids[:, 0] = start_id
    log_probs = (policy(input_ids, attention_mask, decoder_input_ids) / temperature).log_softmax(-1)
    rows = torch.arange(tokens.shape[0], device=tokens.device).unsqueeze(1)
    columns = torch.arange(tokens.shape[1], device=tokens.device)
    return log_probs[rows, columns, tokens]


@right("lets the decoder read the last token as well, and drops the logits after it")
def policy_log_probs_one_place_more(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    start = tokens.new_full((len(tokens), 1), start_id)
    logits = policy(input_ids, attention_mask, torch.cat([start, tokens], dim=1))
    return token_log_probs(logits[:, :-1], tokens, temperature)
