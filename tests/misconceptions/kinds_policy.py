"""Questions 4(a) to 4(c): the kinds of mistakes that live on: roll-outs and losses."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "rlhf.policy_gradient.sample_response"


@wrong("draws from the 50 most probable tokens only", rarely="distribution")
@hint("Which tokens can your code never draw from a vocabulary of 200?")
def sample_top_50(
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
        device = input_ids.device if generator is None else generator.device
        tokens = torch.full_like(input_ids[:, :1], start_id)
        running = torch.ones_like(tokens[:, 0], dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            log_probs = torch.log_softmax(logits / temperature, dim=-1)
            top, ids = log_probs.topk(min(50, log_probs.shape[-1]), dim=-1)
            place = torch.multinomial(top.exp().to(device), 1, generator=generator).to(tokens.device)
            drawn = ids.gather(1, place)
            columns.append((torch.where(running, log_probs.gather(1, drawn).squeeze(1), 0.0), running))
            drawn = torch.where(running, drawn.squeeze(1), pad_id)
            tokens = torch.cat([tokens, drawn.unsqueeze(1)], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong(
    "without a generator it makes one, whose default seed gives the same responses in every call",
    sometimes="distribution",
)
@hint("What do two calls without a generator return? Which seed does your generator start with?")
@edit(
    "device = input_ids.device if generator is None else generator.device",
    "generator = generator or torch.Generator(input_ids.device); device = generator.device",
)
def sample_own_generator(): ...


@wrong("one uniform number for the whole batch decides the next token of every row", sometimes="distribution")
@hint("If two rows have the same source, do their responses have to be the same?")
def sample_rows_share_uniform(
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
        device = input_ids.device if generator is None else generator.device
        tokens = torch.full_like(input_ids[:, :1], start_id)
        running = torch.ones_like(tokens[:, 0], dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            log_probs = torch.log_softmax(logits / temperature, dim=-1)
            u = torch.rand(1, generator=generator, device=device, dtype=torch.float64).to(tokens.device)
            cdf = log_probs.double().exp().cumsum(dim=-1)
            drawn = (cdf < u * cdf[:, -1:]).sum(dim=-1, keepdim=True)
            columns.append((torch.where(running, log_probs.gather(1, drawn).squeeze(1), 0.0), running))
            drawn = torch.where(running, drawn.squeeze(1), pad_id)
            tokens = torch.cat([tokens, drawn.unsqueeze(1)], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
        return tokens[:, 1:], log_probs, mask


@wrong("switches gradients on at the end, also for a caller that had them off", rarely="global state")
@hint("Was the gradient mode on before your call? What if an exception ends the loop?")
def sample_switches_gradients_on(
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
    torch.set_grad_enabled(False)
    device = input_ids.device if generator is None else generator.device
    tokens = torch.full_like(input_ids[:, :1], start_id)
    running = torch.ones_like(tokens[:, 0], dtype=torch.bool)
    columns = []
    for _ in range(max_new_tokens):
        logits = policy(input_ids, attention_mask, tokens)[:, -1]
        log_probs = torch.log_softmax(logits / temperature, dim=-1)
        drawn = torch.multinomial(log_probs.exp().to(device), 1, generator=generator).to(tokens.device)
        columns.append((torch.where(running, log_probs.gather(1, drawn).squeeze(1), 0.0), running))
        drawn = torch.where(running, drawn.squeeze(1), pad_id)
        tokens = torch.cat([tokens, drawn.unsqueeze(1)], dim=1)
        running = running & (drawn != eos_id)
        if not running.any():
            break
    log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns))
    torch.set_grad_enabled(True)
    return tokens[:, 1:], log_probs, mask


TASK = "rlhf.policy_gradient.reinforce_loss"


@wrong("float(baseline) fails for a baseline with one number for each response", sometimes="exception")
@hint("Which two forms can the baseline have, according to the docstring?")
@edit("(rewards - baseline).detach()", "(rewards - float(baseline)).detach()")
def reinforce_float_of_baseline(): ...


@wrong("multiplies with the mask, so a NaN at padding reaches the loss", sometimes="not finite")
@hint("What is 0 * NaN?")
@edit("torch.where(mask, log_probs, 0.0).sum(dim=1)", "(log_probs * mask).sum(dim=1)")
def reinforce_mask_as_factor(): ...


TASK = "rlhf.policy_gradient.cross_entropy_loss"


@wrong("marks padding by the label 0, and so ignores valid tokens with id 0, too", sometimes="values")
@hint("Can an ordinary token have the id that you use for padding?")
def cross_entropy_ignores_id_0(logits, labels, mask):
    labels = labels.masked_fill(~mask, 0)
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=0, reduction="none"
    )
    return losses.view(mask.shape).sum(dim=1).mean()


@wrong("divides by the number of rows that have a valid token, not by the size of the batch", rarely="values")
@hint("By which number does the docstring divide? What if a row of the batch has no token at all?")
def cross_entropy_drops_empty_rows(logits, labels, mask):
    kept = mask.any(dim=1)
    logits, labels, mask = logits[kept], labels[kept], mask[kept]
    log_probs = sequence.token_log_probs(torch.where(mask.unsqueeze(-1), logits, 0.0), labels)
    return -torch.where(mask, log_probs, 0.0).sum(dim=1).mean()


TASK = "rlhf.ppo.clipped_surrogate_loss"


@wrong("clamps the log-ratio to [-10, 10]", rarely="values")
@hint("Which of the two terms counts for a negative advantage, and does the docstring limit it?")
@edit("ratio = log_ratio.exp()", "ratio = log_ratio.clamp(-10, 10).exp()")
def surrogate_clamped_log_ratio(): ...


@wrong("a gradient also flows into the advantages", sometimes="gradient where none belongs")
@hint("Which is the only input that gets a gradient?")
@edit("advantages.detach()", "advantages")
def surrogate_gradient_into_advantages(): ...


@wrong(
    "masks only the ratio: a NaN or a huge number at padding gives a NaN in the gradient", rarely="not finite"
)
@hint("What does the backward pass multiply by the zero of a masked position?")
def surrogate_masks_after_exp(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = (log_probs - old_log_probs.detach()).exp()
    weights = advantages.detach()
    losses = torch.maximum(-weights * ratio, -weights * ratio.clamp(1 - clip_eps, 1 + clip_eps))
    return statistics.masked_mean(losses, mask)


TASK = "rlhf.ppo.clipped_value_loss"


@wrong("computes in float32 and returns it for float64 values, too", sometimes="dtype")
@hint("How many digits do values in float64 have, and how many does your loss have?")
@edit("values = torch.where(mask, values, 0.0)", "values = torch.where(mask, values, 0.0).float()")
@edit(
    "old = torch.where(mask, old_values.detach(), 0.0)",
    "old = torch.where(mask, old_values.detach(), 0.0).float()",
)
@edit(
    "target = torch.where(mask, returns.detach(), 0.0)",
    "target = torch.where(mask, returns.detach(), 0.0).float()",
)
def value_loss_in_single(): ...


@wrong("a gradient also flows into the old values", sometimes="gradient where none belongs")
@hint("Which is the only input that gets a gradient?")
@edit("old_values.detach()", "old_values")
def value_loss_gradient_into_old(): ...


@wrong("multiplies the errors with the mask, so a NaN at padding reaches the loss", sometimes="not finite")
@hint("What is 0 * NaN?")
def value_loss_mask_as_factor(values, old_values, returns, mask, clip_eps):
    old, target = old_values.detach(), returns.detach()
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    errors = torch.maximum((values - target) ** 2, (clipped - target) ** 2)
    return 0.5 * (errors * mask).sum() / mask.sum()
