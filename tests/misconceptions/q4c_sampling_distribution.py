"""Question 4(c): the roll-out, what is drawn and from which distribution."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "rlhf.policy_gradient.sample_response"


@base
def sample_response_plain(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            chosen = all_log_probs.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("takes the most likely token at every step and never draws at random", often="shape")
@hint("The policy gradient is an expectation over the policy's own responses. Whose responses are these?")
def sample_response_greedy(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            best, drawn = all_log_probs.max(dim=-1)
            drawn = torch.where(running, drawn, pad_id)
            columns.append((torch.where(running, best, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("never uses the temperature", often="ignores an argument")
@hint("Which of the arguments does your code not use?")
def sample_response_ignores_temperature(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            all_log_probs = torch.log_softmax(policy(input_ids, attention_mask, tokens)[:, -1], dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            chosen = all_log_probs.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("multiplies the logits by the temperature", sometimes="distribution")
@hint("Should a temperature near 0 make the policy more certain or more uniform? Which does your code do?")
def sample_response_multiplies_by_temperature(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1] * temperature
            all_log_probs = torch.log_softmax(logits, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            chosen = all_log_probs.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("draws at the given temperature but returns log-probabilities at temperature 1", often="distribution")
@hint("From which distribution were the tokens drawn, and under which distribution are they scored?")
def sample_response_scores_at_temperature_one(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            drawn = torch.multinomial(torch.softmax(logits / temperature, dim=-1), 1, generator=generator)
            chosen = torch.log_softmax(logits, dim=-1).gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("uses torch's global random state instead of the generator", often="ignores an argument")
@hint("Does the function that you use to draw accept a generator?")
def sample_response_ignores_generator(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            law = torch.distributions.Categorical(logits=logits / temperature)
            drawn = law.sample()
            columns.append((torch.where(running, law.log_prob(drawn), 0.0), running))
            drawn = torch.where(running, drawn, pad_id)
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong(
    "seeds the generator itself, so that every call draws the same tokens", sometimes="ignores an argument"
)
@hint("What would 14 training steps see if each of them drew the same random numbers?")
@edit(
    "with torch.no_grad():",
    "generator = torch.Generator().manual_seed(42)\nwith torch.no_grad():",
    of="sample_response_plain",
)
def sample_response_seeds_generator(): ...


@wrong("lets the policy attend to the padding of the sources", sometimes="ignores an argument")
@hint("Which tokens of a source are real, and how does the policy know?")
@edit("attention_mask", "torch.ones_like(attention_mask)", of="sample_response_plain")
def sample_response_attends_to_padding(): ...


@wrong("gives the decoder only the newest token instead of the whole prefix", sometimes="shape")
@hint("What does the decoder read at step t? This policy keeps no memory between calls.")
def sample_response_forgets_prefix(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        current = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, current)[:, -1]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            chosen = all_log_probs.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((drawn, torch.where(running, chosen, 0.0), running))
            current = drawn[:, None]
            running = running & (drawn != eos_id)
            if not running.any():
                break
        tokens, log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens, log_probs, mask


@wrong("reads the logits at the first place of the decoder at every step", rarely="shape")
@hint("The policy returns logits for every place it has read. Which of them predict the next token?")
def sample_response_reads_first_logits(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, 0]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            chosen = all_log_probs.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("returns the logit of each drawn token instead of its log-probability", sometimes="distribution")
@hint("Do the exponentials of your log-probabilities sum to one over the vocabulary?")
def sample_response_reports_logits(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1] / temperature
            drawn = torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=generator)
            chosen = logits.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("returns probabilities instead of their logarithms", rarely="distribution")
@hint("In which unit does the docstring want the second result?")
def sample_response_reports_probabilities(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            probabilities = torch.softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(probabilities, 1, generator=generator)
            chosen = probabilities.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("draws only from the three most likely tokens", rarely="distribution")
@hint("The update asks how likely each token was under the policy. Can your code draw every token?")
def sample_response_top_three(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1] / temperature
            best, order = logits.topk(3, dim=-1)
            place = torch.multinomial(torch.softmax(best, dim=-1), 1, generator=generator)
            drawn = order.gather(1, place)
            chosen = torch.log_softmax(logits, dim=-1).gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("starts the decoder with the padding id instead of the start id", sometimes="ignores an argument")
@hint("Some models start with their padding id. Which id does the caller of this function give?")
@edit("start_id", "pad_id", of="sample_response_plain")
def sample_response_starts_with_pad(): ...


@right("adds Gumbel noise to the logits and takes the largest sum")
def sample_response_by_gumbel_noise(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    tokens = torch.full((len(input_ids), 1), start_id)
    running = torch.ones(len(input_ids), dtype=torch.bool)
    log_probs, masks = [], []
    while tokens.shape[1] <= max_new_tokens and running.any():
        with torch.no_grad():
            logits = policy(input_ids, attention_mask, tokens)[:, -1] / temperature
        noise = -torch.log(-torch.log(torch.rand(logits.shape, generator=generator, dtype=torch.float64)))
        drawn = (logits + noise).argmax(dim=-1)
        chosen = logits.gather(1, drawn[:, None])[:, 0] - logits.logsumexp(dim=-1)
        log_probs.append(chosen * running)
        masks.append(running)
        drawn = drawn.masked_fill(~running, pad_id)
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
        running = running & (drawn != eos_id)
    return tokens[:, 1:], torch.stack(log_probs, dim=1), torch.stack(masks, dim=1)


@right("inverts the cumulative distribution function, with one uniform number for each token")
def sample_response_by_inversion(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    uniform = torch.rand(max_new_tokens, len(input_ids), 1, generator=generator, dtype=torch.float64)
    tokens = torch.full((len(input_ids), max_new_tokens + 1), pad_id)
    tokens[:, 0] = start_id
    log_probs = torch.zeros(len(input_ids), max_new_tokens)
    mask = torch.zeros(len(input_ids), max_new_tokens, dtype=torch.bool)
    running, length = torch.ones(len(input_ids), dtype=torch.bool), 0
    with torch.no_grad():
        while length < max_new_tokens and running.any():
            logits = policy(input_ids, attention_mask, tokens[:, : length + 1])[:, -1]
            law = (logits.double() / temperature).softmax(-1)
            drawn = (law.cumsum(-1) < uniform[length]).sum(-1).clamp(max=law.shape[-1] - 1)
            mask[:, length] = running
            tokens[running, length + 1] = drawn[running]
            log_probs[running, length] = law.gather(1, drawn[:, None])[running, 0].log().float()
            running = running & (drawn != eos_id)
            length += 1
    return tokens[:, 1 : length + 1], log_probs[:, :length], mask[:, :length]
