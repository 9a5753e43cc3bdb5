"""Right answers of another make: the roll-out."""

from autograder.misconceptions.writing import right

TASK = "rlhf.policy_gradient.sample_response"


@right("Gumbel noise and argmax, into tensors of full length that are cut at the end")
def roll_out_gumbel_preallocated(
    policy,
    input_ids,
    attention_mask,
    start_id,
    eos_id,
    pad_id,
    max_new_tokens,
    temperature=1.0,
    generator=None,
):
    batch, device = len(input_ids), input_ids.device
    noise_device = generator.device if generator is not None else device
    with torch.no_grad():
        history = torch.full((batch, max_new_tokens + 1), pad_id, dtype=torch.long, device=device)
        history[:, 0] = start_id
        mask = torch.zeros(batch, max_new_tokens, dtype=torch.bool, device=device)
        alive = torch.ones(batch, dtype=torch.bool, device=device)
        scores = []
        for t in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, history[:, : t + 1].clone())[:, -1, :]
            log_probs = torch.log_softmax(logits / temperature, dim=-1)
            uniform = torch.rand(
                log_probs.shape, dtype=torch.float64, device=noise_device, generator=generator
            ).to(device)
            token = (log_probs - torch.log(-torch.log(uniform))).argmax(dim=-1)
            score = log_probs.gather(1, token[:, None])[:, 0]
            history[alive, t + 1] = token[alive]
            mask[:, t] = alive
            scores.append(score.masked_fill(~alive, 0.0))
            alive = alive & (token != eos_id)
            if not alive.any():
                break
        drawn = len(scores)
        tokens = history[:, 1 : drawn + 1].clone()
        return tokens, torch.stack(scores, dim=1), mask[:, :drawn].clone()


@right("inverse of the cumulative distribution, with Python lists for the rows")
def roll_out_inverse_cdf_lists(
    policy,
    input_ids,
    attention_mask,
    start_id,
    eos_id,
    pad_id,
    max_new_tokens,
    temperature=1.0,
    generator=None,
):
    device = input_ids.device
    rows = [[] for _ in input_ids]
    scores = []
    open_rows = set(range(len(rows)))
    length = 0
    with torch.no_grad():
        while open_rows and length < max_new_tokens:
            padded = [[start_id, *row, *[pad_id] * (length - len(row))] for row in rows]
            decoder_input = torch.tensor(padded, dtype=torch.long, device=device)
            logits = policy(input_ids, attention_mask, decoder_input)[:, -1]
            log_probs = torch.log_softmax(logits / temperature, dim=-1)
            cdf = log_probs.double().exp().cumsum(dim=-1)
            where = device if generator is None else generator.device
            u = torch.rand(len(rows), 1, dtype=torch.float64, device=where, generator=generator)
            level = u.to(device) * cdf[:, -1:]
            drawn = torch.searchsorted(cdf, level, right=True).clamp(max=cdf.shape[1] - 1)
            column = torch.zeros_like(log_probs[:, 0])
            for b in sorted(open_rows):
                token = int(drawn[b])
                rows[b].append(token)
                column[b] = log_probs[b, token]
                if token == eos_id:
                    open_rows.discard(b)
            scores.append(column)
            length += 1
    tokens = [row + [pad_id] * (length - len(row)) for row in rows]
    mask = [[True] * len(row) + [False] * (length - len(row)) for row in rows]
    return (
        torch.tensor(tokens, dtype=torch.long, device=device),
        torch.stack(scores, dim=1),
        torch.tensor(mask, dtype=torch.bool, device=device),
    )


@right("race of exponential clocks, as in gpt-fast; the policy reads only rows that are not ended")
def roll_out_exponential_race_shrinking_batch(
    policy,
    input_ids,
    attention_mask,
    start_id,
    eos_id,
    pad_id,
    max_new_tokens,
    temperature=1.0,
    generator=None,
):
    with torch.no_grad():
        pending = torch.arange(len(input_ids), device=input_ids.device)
        tokens = input_ids.new_full((len(input_ids), max_new_tokens), pad_id)
        mask = torch.zeros_like(tokens, dtype=torch.bool)
        log_probs = None
        prefix = input_ids.new_full((len(input_ids), 1), start_id)
        t = 0
        while t < max_new_tokens and len(pending):
            logits = policy(input_ids[pending], attention_mask[pending], prefix)[:, -1]
            step = torch.log_softmax(logits / temperature, dim=-1)
            clock = torch.empty(
                step.shape,
                dtype=torch.float64,
                device=pending.device if generator is None else generator.device,
            ).exponential_(generator=generator)
            drawn = (step.double().exp() / clock.to(step.device)).argmax(dim=-1)
            if log_probs is None:
                log_probs = step.new_zeros(tokens.shape)
            tokens[pending, t] = drawn
            mask[pending, t] = True
            log_probs[pending, t] = step.gather(1, drawn.unsqueeze(1)).squeeze(1)
            goes_on = drawn != eos_id
            pending = pending[goes_on]
            prefix = torch.cat([prefix, drawn.unsqueeze(1)], dim=1)[goes_on]
            t += 1
        return tokens[:, :t].clone(), log_probs[:, :t].clone(), mask[:, :t].clone()


@right("transformers style: arithmetic with `unfinished`; log-probabilities and mask at the end")
def roll_out_like_transformers_scores_at_the_end(
    policy,
    input_ids,
    attention_mask,
    start_id,
    eos_id,
    pad_id,
    max_new_tokens,
    temperature=1.0,
    generator=None,
):
    with torch.no_grad():
        unfinished = input_ids.new_ones(input_ids.shape[0])
        sequence_so_far = torch.full_like(unfinished, start_id)[:, None]
        all_logits = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, sequence_so_far)[:, -1, :]
            all_logits.append(logits)
            probs = torch.nn.functional.softmax(logits / temperature, dim=-1)
            if generator is not None:
                probs = probs.to(generator.device)
            next_tokens = torch.multinomial(probs, 1, generator=generator).squeeze(1)
            next_tokens = next_tokens.to(input_ids.device)
            next_tokens = next_tokens * unfinished + pad_id * (1 - unfinished)
            sequence_so_far = torch.cat([sequence_so_far, next_tokens[:, None]], dim=-1)
            unfinished = unfinished * (next_tokens != eos_id).long()
            if unfinished.max() == 0:
                break
        tokens = sequence_so_far[:, 1:].contiguous()
        mask = sequence.response_mask(tokens, eos_id)
        readable = tokens.masked_fill(~mask, 0)
        scores = sequence.token_log_probs(torch.stack(all_logits, dim=1), readable, temperature)
        return tokens, scores.masked_fill(~mask, 0.0), mask


@right("draws first, and asks the policy once more for the log-probabilities, as TRL does")
def roll_out_scored_by_a_second_pass(
    policy,
    input_ids,
    attention_mask,
    start_id,
    eos_id,
    pad_id,
    max_new_tokens,
    temperature=1.0,
    generator=None,
):
    with torch.no_grad():
        drawn = input_ids[:, :0].clone()
        done = torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
        while drawn.shape[1] < max_new_tokens and not done.all():
            start = input_ids.new_full((len(drawn), 1), start_id)
            logits = policy(input_ids, attention_mask, torch.cat([start, drawn], dim=1))[:, -1]
            probs = logits.div(temperature).softmax(dim=-1)
            if generator is not None:
                probs = probs.to(generator.device)
            token = torch.multinomial(probs, 1, generator=generator).to(input_ids.device)
            token = token.masked_fill(done.unsqueeze(1), pad_id)
            drawn = torch.cat([drawn, token], dim=1)
            done |= token.squeeze(1) == eos_id
        mask = sequence.response_mask(drawn, eos_id)
        readable = drawn.masked_fill(~mask, eos_id)  # an id that the policy knows
        log_probs = sequence.policy_log_probs(
            policy, input_ids, attention_mask, readable, start_id, temperature
        )
        return drawn, torch.where(mask, log_probs, 0.0), mask
