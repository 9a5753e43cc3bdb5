"""Question 4(c): the roll-out, where rows begin and end, and what is returned about them."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.policy_gradient.sample_response"


@wrong("returns the start id as the first token of the response", often="shape")
@hint("How many tokens were drawn, and how many do you return?")
@edit("tokens[:, 1:]", "tokens", of="sample_response_plain")
def sample_response_keeps_start(): ...


@wrong("leaves the end of each response out of its mask", often="distribution")
@hint("The policy must learn when to stop. Is the end one of the drawn tokens?")
def sample_response_masks_the_end(
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
            chosen = torch.where(running, all_log_probs.gather(1, drawn)[:, 0], 0.0)
            drawn = torch.where(running, drawn[:, 0], pad_id)
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            columns.append((chosen, running))
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("treats every padding id as padding, even where the policy drew it", often="distribution")
@hint("May the policy draw the padding id before the end? What does the docstring call such a token?")
def sample_response_mask_from_pads(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        ended = torch.zeros(len(input_ids), dtype=torch.bool)
        log_probs = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            log_probs.append(all_log_probs.gather(1, drawn)[:, 0])
            drawn = drawn[:, 0].masked_fill(ended, pad_id)
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            ended = ended | (drawn == eos_id)
            if ended.all():
                break
        mask = tokens[:, 1:] != pad_id
        return tokens[:, 1:], torch.stack(log_probs, dim=1) * mask, mask


@wrong("stops as soon as the first row has ended", sometimes="shape")
@hint("Which rows still count when one of them has ended?")
def sample_response_stops_at_first_end(
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
            columns.append((all_log_probs.gather(1, drawn)[:, 0], running))
            tokens = torch.cat([tokens, drawn], dim=1)
            running = running & (drawn[:, 0] != eos_id)
            if not running.all():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("continues to draw up to max_new_tokens after every row has ended", sometimes="shape")
@hint("How does the docstring define T?")
def sample_response_never_stops_early(
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
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("stops only when all rows draw their end at the same step", sometimes="shape")
@hint("Must rows end at the same step? What do you remember about rows that ended earlier?")
@edit("not running.any()", "(drawn == eos_id).all()", of="sample_response_plain")
def sample_response_waits_for_common_end(): ...


@wrong("continues to write drawn tokens into rows that have ended", often="distribution")
@hint("What should follow the end of a row?")
def sample_response_leaves_tokens_after_end(
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
            columns.append((torch.where(running, chosen, 0.0), running))
            tokens = torch.cat([tokens, drawn], dim=1)
            running = running & (drawn[:, 0] != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("leaves log-probabilities at the padding, where tokens do not count", often="distribution")
@hint("Padding was not drawn. What does the docstring want there?")
def sample_response_leaves_log_probs_after_end(
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
            columns.append((all_log_probs.gather(1, drawn)[:, 0], running))
            drawn = torch.where(running, drawn[:, 0], pad_id)
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("keeps the autograd graph of every step of the roll-out", often="gradient where none belongs")
@hint("Does anyone differentiate through the drawn tokens? Look for 'graph' in the docstring.")
def sample_response_keeps_graph(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
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


@wrong("returns no mask", rarely="type")
@hint("How many results does the docstring name?")
def sample_response_returns_no_mask(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids), dtype=torch.bool)
        log_probs = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            chosen = all_log_probs.gather(1, drawn)[:, 0]
            drawn = torch.where(running, drawn[:, 0], pad_id)
            log_probs.append(torch.where(running, chosen, 0.0))
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        return tokens[:, 1:], torch.stack(log_probs, dim=1)


@wrong("returns the mask as floating-point numbers", sometimes="dtype")
@hint("Which dtype does the docstring name for the mask?")
def sample_response_returns_float_mask(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    with torch.no_grad():
        tokens = torch.full((len(input_ids), 1), start_id)
        running = torch.ones(len(input_ids))
        log_probs, masks = [], []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp(), 1, generator=generator)
            log_probs.append(all_log_probs.gather(1, drawn)[:, 0] * running)
            masks.append(running)
            drawn = torch.where(running > 0, drawn[:, 0], pad_id)
            tokens = torch.cat([tokens, drawn[:, None]], dim=1)
            running = running * (drawn != eos_id)
            if running.sum() == 0:
                break
        return tokens[:, 1:], torch.stack(log_probs, dim=1), torch.stack(masks, dim=1)


@right("removes rows that have ended from the batch")
def sample_response_in_a_shrinking_batch(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    tokens = torch.full((len(input_ids), max_new_tokens), pad_id)
    log_probs = torch.zeros(len(input_ids), max_new_tokens)
    mask = torch.zeros(len(input_ids), max_new_tokens, dtype=torch.bool)
    rows, t = torch.arange(len(input_ids)), 0
    with torch.no_grad():
        while t < max_new_tokens and len(rows):
            read = torch.cat([torch.full((len(rows), 1), start_id), tokens[rows, :t]], dim=1)
            logits = policy(input_ids[rows], attention_mask[rows], read)[:, -1]
            law = torch.distributions.Categorical(logits=logits / temperature)
            drawn = torch.multinomial(law.probs, 1, generator=generator).squeeze(1)
            tokens[rows, t], log_probs[rows, t], mask[rows, t] = drawn, law.log_prob(drawn), True
            rows, t = rows[drawn != eos_id], t + 1
    return tokens[:, :t], log_probs[:, :t], mask[:, :t]


@right("draws everything first, and looks for the ends afterwards")
def sample_response_cut_afterwards(
    policy, input_ids, attention_mask, start_id, eos_id, pad_id, max_new_tokens, temperature, generator
):
    read = torch.full_like(input_ids[:, :1], start_id)
    log_probs = []
    for _ in range(max_new_tokens):
        logits = policy(input_ids, attention_mask, read)[:, -1].detach()
        law = torch.log_softmax(logits / temperature, dim=-1)
        drawn = torch.multinomial(law.exp(), 1, generator=generator)
        log_probs.append(law.gather(1, drawn))
        read = torch.cat([read, drawn], dim=1)
    tokens, log_probs = read[:, 1:], torch.cat(log_probs, dim=1)
    ends = tokens == eos_id
    mask = (ends.cumsum(dim=1) - ends.long()) == 0
    width = int(mask.any(dim=0).sum())
    tokens, log_probs, mask = tokens[:, :width], log_probs[:, :width], mask[:, :width]
    return tokens.masked_fill(~mask, pad_id), log_probs.masked_fill(~mask, 0.0), mask
