"""Question 4(a): log-probabilities of given tokens, from logits and from a policy."""

from autograder.misconceptions.bank import right, wrong

TOKENS = "rlhf.log_probs.token_log_probs"
POLICY = "rlhf.log_probs.policy_log_probs"


@wrong(
    TOKENS,
    says="takes the logarithm of a softmax, which is minus infinity in the tail",
    hint="What is softmax of a token 1000 below the best, in floating point?",
    common="often",
    failure="not finite",
)
def token_log_probs_log_of_softmax(logits, tokens, temperature=1.0):
    probabilities = torch.softmax(logits / temperature, dim=-1)
    return probabilities.gather(-1, tokens.unsqueeze(-1)).squeeze(-1).log()


@wrong(
    TOKENS,
    says="bounds probabilities from below before the logarithm",
    hint="The bound hides the infinity. Is the value in the tail right? Which function needs no bound?",
    common="sometimes",
    failure="values",
)
def token_log_probs_bounded(logits, tokens, temperature=1.0):
    probabilities = torch.softmax(logits / temperature, dim=-1).clamp(min=1e-12)
    return probabilities.log().gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="picks the logits without normalising them",
    hint="Do the exponentials of your values sum to one over the vocabulary?",
    common="often",
    failure="values",
)
def token_log_probs_not_normalised(logits, tokens, temperature=1.0):
    return (logits / temperature).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="ignores the temperature",
    hint="The tokens were drawn at some temperature. Where does it stand in your code?",
    common="often",
    failure="ignores an argument",
)
def token_log_probs_without_temperature(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="multiplies by the temperature",
    hint="Does a low temperature make the policy surer or less sure?",
    common="sometimes",
    failure="values",
)
def token_log_probs_times_temperature(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits * temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="applies the temperature to the log-probabilities instead of the logits",
    hint="Do the probabilities still sum to one after that?",
    common="often",
    failure="values",
)
def token_log_probs_late_temperature(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits, dim=-1) / temperature
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="normalises over time instead of the vocabulary",
    hint="Among which alternatives was the token drawn? Which axis holds them?",
    common="sometimes",
    failure="values",
)
def token_log_probs_over_time(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits / temperature, dim=1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="gives the loss of each token, which is positive",
    hint="Which sign has the logarithm of a probability?",
    common="often",
    failure="sign",
)
def token_log_probs_positive(logits, tokens, temperature=1.0):
    scaled = (logits / temperature).transpose(1, 2)
    return torch.nn.functional.cross_entropy(scaled, tokens, reduction="none")


@wrong(
    TOKENS,
    says="cuts the graph",
    hint="Who is to be trained with these log-probabilities? What does no_grad do?",
    common="sometimes",
    failure="no gradient",
)
def token_log_probs_without_graph(logits, tokens, temperature=1.0):
    with torch.no_grad():
        log_probs = torch.log_softmax(logits / temperature, dim=-1)
        return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="treats the normalising constant as a constant of the gradient, too",
    hint="If the logit of another token rises, what becomes of this token's probability? Does your gradient say so?",
    common="seldom",
    failure="values",
)
def token_log_probs_constant_normaliser(logits, tokens, temperature=1.0):
    logits = logits / temperature
    with torch.no_grad():
        normaliser = torch.logsumexp(logits, dim=-1)
    return logits.gather(-1, tokens.unsqueeze(-1)).squeeze(-1) - normaliser


@wrong(
    TOKENS,
    says="divides the caller's logits in place",
    hint="`x /= y` and `x = x / y` are two things. What does autograd say to the first?",
    common="sometimes",
    failure="exception",
)
def token_log_probs_in_place(logits, tokens, temperature=1.0):
    logits /= temperature
    return torch.log_softmax(logits, dim=-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="gives probabilities",
    hint="Of which sign are your values? The docstring asks for nats.",
    common="sometimes",
    failure="values",
)
def token_log_probs_no_logarithm(logits, tokens, temperature=1.0):
    probabilities = torch.softmax(logits / temperature, dim=-1)
    return probabilities.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="leaves the axis of length 1 that `gather` needs",
    hint="Which shape is due? Which one has the result of gather?",
    common="often",
    failure="shape",
)
def token_log_probs_extra_axis(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits / temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1))


@wrong(
    TOKENS,
    says="squeezes all axes of length 1, a batch of one included",
    hint="What does `squeeze()` without an axis do to a batch of one?",
    common="often",
    failure="shape",
)
def token_log_probs_squeezes_all(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits / temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze()


@wrong(
    TOKENS,
    says="casts to single precision",
    hint="Double precision comes in. What goes out?",
    common="sometimes",
    failure="dtype",
)
def token_log_probs_in_single_precision(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits.float() / temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="wants logits that lie in memory in the usual order",
    hint="`view` needs a certain layout of the memory. What does its error message advise?",
    common="sometimes",
    failure="exception",
)
def token_log_probs_by_view(logits, tokens, temperature=1.0):
    flat = logits.view(-1, logits.shape[-1]) / temperature
    picked = flat.log_softmax(dim=-1)[torch.arange(len(flat)), tokens.view(-1)]
    return picked.view(tokens.shape)


@wrong(
    TOKENS,
    says="shifts once more, as a model without an encoder would need it",
    hint="Which token do logits[b, t] belong to, by the docstring?",
    common="often",
    failure="shape",
)
def token_log_probs_shifted_again(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits[:, :-1] / temperature, dim=-1)
    return log_probs.gather(-1, tokens[:, 1:].unsqueeze(-1)).squeeze(-1)


@wrong(
    TOKENS,
    says="measures in bits",
    hint="Which unit does the docstring name?",
    common="seldom",
    failure="constant factor",
)
def token_log_probs_in_bits(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits / temperature, dim=-1)
    return log_probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1) / torch.log(torch.tensor(2.0))


@right(TOKENS, says="subtracts logsumexp from the picked logit")
def token_log_probs_by_logsumexp(logits, tokens, temperature=1.0):
    scaled = logits / temperature
    picked = torch.take_along_dim(scaled, tokens[..., None], dim=-1)[..., 0]
    return picked - scaled.logsumexp(dim=-1)


@right(TOKENS, says="turns the sign of the cross-entropy")
def token_log_probs_by_cross_entropy(logits, tokens, temperature=1.0):
    flat = (logits / temperature).flatten(0, 1)
    losses = torch.nn.functional.cross_entropy(flat, tokens.flatten(), reduction="none")
    return -losses.unflatten(0, tokens.shape)


@right(TOKENS, says="asks a categorical distribution")
def token_log_probs_by_distribution(logits, tokens, temperature=1.0):
    return torch.distributions.Categorical(logits=logits / temperature).log_prob(tokens)


@right(TOKENS, says="multiplies with one-hot vectors, in double precision")
def token_log_probs_by_one_hot(logits, tokens, temperature=1.0):
    log_probs = torch.log_softmax(logits.double() / temperature, dim=-1)
    chosen = torch.nn.functional.one_hot(tokens, logits.shape[-1]).double()
    return torch.einsum("btv,btv->bt", log_probs, chosen).to(logits.dtype)


@wrong(
    POLICY,
    says="lets the decoder read the tokens that it is to predict",
    hint="While it predicts the first token, may the decoder see it?",
    common="often",
    failure="values",
)
def policy_log_probs_reads_the_answer(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, tokens)
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="shifts twice",
    hint="Which token should stand at the second place of what the decoder reads?",
    common="sometimes",
    failure="values",
)
def policy_log_probs_shifts_twice(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    decoder_input_ids = shift_right(tokens, start_id)
    logits = policy(input_ids, attention_mask, shift_right(decoder_input_ids, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="shifts the decoder's input, and then the logits against the tokens again",
    hint="Once the decoder's input is shifted, which token do logits[:, t] speak of?",
    common="often",
    failure="shape",
)
def policy_log_probs_shifts_logits(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits[:, :-1], tokens[:, 1:], temperature)


@wrong(
    POLICY,
    says="forgets the temperature",
    hint="Are these the probabilities that the tokens were drawn with?",
    common="often",
    failure="ignores an argument",
)
def policy_log_probs_without_temperature(
    policy, input_ids, attention_mask, tokens, start_id, temperature=1.0
):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens)


@wrong(
    POLICY,
    says="divides by the temperature twice",
    hint="What does token_log_probs do with the temperature?",
    common="sometimes",
    failure="values",
)
def policy_log_probs_temperature_twice(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id)) / temperature
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="cuts the graph to the policy",
    hint="For which step is no_grad right, the roll-out or the update? Which one calls this function?",
    common="sometimes",
    failure="no gradient",
)
def policy_log_probs_without_graph(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    with torch.no_grad():
        logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="lets the encoder attend to the padding of the source",
    hint="What does the attention mask say, and who gets it?",
    common="often",
    failure="ignores an argument",
)
def policy_log_probs_attends_to_padding(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    everything = torch.ones_like(input_ids, dtype=torch.bool)
    logits = policy(input_ids, everything, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="hands the policy mask and source in each other's place",
    hint="In which order does the docstring name the policy's arguments?",
    common="seldom",
    failure="values",
)
def policy_log_probs_swaps_arguments(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(attention_mask, input_ids, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="starts with 0, whatever the start id is",
    hint="Does every policy start with the same id? Do you use all arguments?",
    common="sometimes",
    failure="ignores an argument",
)
def policy_log_probs_starts_with_zero(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, 0))
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="sums over the response",
    hint="Which shape is due? Does the sum know what is padding?",
    common="sometimes",
    failure="shape",
)
def policy_log_probs_summed(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature).sum(dim=1)


@wrong(
    POLICY,
    says="scores the tokens that were read instead of those that were predicted",
    hint="logits[:, t] follow what was read up to t. Whose probability is wanted there?",
    common="sometimes",
    failure="values",
)
def policy_log_probs_scores_what_was_read(
    policy, input_ids, attention_mask, tokens, start_id, temperature=1.0
):
    decoder_input_ids = shift_right(tokens, start_id)
    logits = policy(input_ids, attention_mask, decoder_input_ids)
    return token_log_probs(logits, decoder_input_ids, temperature)


@wrong(
    POLICY,
    says="takes the logits of the last place for every token",
    hint="In the roll-out the last place is the one of interest. How many places are here?",
    common="seldom",
    failure="values",
)
def policy_log_probs_last_place_only(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    last = logits[:, -1:].expand(-1, tokens.shape[1], -1)
    return token_log_probs(last, tokens, temperature)


@wrong(
    POLICY,
    says="lets the decoder read the source",
    hint="What has the decoder written before token t: the source or the response?",
    common="seldom",
    failure="exception",
)
def policy_log_probs_decoder_reads_source(
    policy, input_ids, attention_mask, tokens, start_id, temperature=1.0
):
    logits = policy(input_ids, attention_mask, shift_right(input_ids, start_id))
    return token_log_probs(logits, tokens, temperature)


@wrong(
    POLICY,
    says="takes what the policy returns for an output of transformers with a field `logits`",
    hint="What does the policy return, by the docstring?",
    common="often",
    failure="exception",
)
def policy_log_probs_of_transformers(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    output = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(output.logits, tokens, temperature)


@right(POLICY, says="writes out shift and normalisation")
def policy_log_probs_written_out(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    decoder_input_ids = tokens.roll(1, dims=1).clone()
    decoder_input_ids[:, 0] = start_id
    log_probs = (policy(input_ids, attention_mask, decoder_input_ids) / temperature).log_softmax(-1)
    rows = torch.arange(tokens.shape[0], device=tokens.device).unsqueeze(1)
    columns = torch.arange(tokens.shape[1], device=tokens.device)
    return log_probs[rows, columns, tokens]


@right(POLICY, says="lets the decoder read the last token as well, and drops the logits after it")
def policy_log_probs_one_place_more(policy, input_ids, attention_mask, tokens, start_id, temperature=1.0):
    start = tokens.new_full((len(tokens), 1), start_id)
    logits = policy(input_ids, attention_mask, torch.cat([start, tokens], dim=1))
    return token_log_probs(logits[:, :-1], tokens, temperature)
