"""Question 4(c): the kinds of mistakes that live on: advantages and rewards."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "rlhf.advantages.masked_mean"


@wrong("writes zeros into the padding of the caller's tensor", sometimes="argument changed in place")
@hint("What does a method do if its name ends in an underscore? What is in the caller's x afterwards?")
def masked_mean_zeroes_padding_in_place(x, mask):
    if not mask.all():
        x.masked_fill_(~mask, 0.0)
    return x.sum() / mask.sum()


TASK = "rlhf.advantages.masked_whiten"


@wrong("E[x**2] - mean**2 cancels for values far from 0", sometimes="values")
@hint("How many digits are left if the values are near 10 000 and their spread is 0.1?")
def whiten_difference_of_squares(x, mask, eps=1e-8):
    x = torch.where(mask, x, 0.0)
    mean = masked_mean(x, mask)
    variance = (masked_mean(x**2, mask) - mean**2).clamp(min=0)
    return torch.where(mask, (x - mean) * torch.rsqrt(variance + eps), 0.0)


@wrong("leaves a single valid token as it is", rarely="values")
@hint("What is the mean of one number, and what is left when you subtract it?")
def whiten_skips_single_token(x, mask, eps=1e-8):
    x = torch.where(mask, x, 0.0)
    if mask.sum() < 2:
        return x
    centred = x - masked_mean(x, mask)
    variance = masked_mean(centred**2, mask)
    return torch.where(mask, centred * torch.rsqrt(variance + eps), 0.0)


@wrong(
    "multiplies the result with the mask, so a NaN at padding stays NaN instead of 0", sometimes="not finite"
)
@hint("What is 0 * NaN? What does the docstring want where the mask is False?")
def whiten_mask_as_factor(x, mask, eps=1e-8):
    centred = x - masked_mean(x, mask)
    variance = masked_mean(centred**2, mask)
    return centred * torch.rsqrt(variance + eps) * mask


TASK = "rlhf.advantages.gae"


@wrong("the returns keep the graph of the values", sometimes="gradient where none belongs")
@hint("Does a gradient reach the values through the second result?")
def gae_returns_with_graph(rewards, values, mask, gamma, gae_lambda):
    rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
    with torch.no_grad():
        next_values = torch.nn.functional.pad(values[:, 1:], (0, 1))
        deltas = rewards + gamma * next_values - values
        following = torch.zeros_like(deltas[:, 0])
        columns = []
        for delta in reversed(deltas.unbind(dim=1)):
            following = delta + gamma * gae_lambda * following
            columns.append(following)
        advantages = torch.stack(columns[::-1], dim=1)
    return advantages, advantages + values


@wrong(
    "multiplies with the mask, so a NaN at padding spreads to the valid tokens before it",
    sometimes="not finite",
)
@hint("What is 0 * NaN, and which tokens does your loop carry it to?")
def gae_mask_as_factor(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        values = values * mask
        deltas = rewards * mask + gamma * torch.nn.functional.pad(values[:, 1:], (0, 1)) - values
        advantages = torch.zeros_like(deltas)
        following = torch.zeros_like(deltas[:, 0])
        for t in reversed(range(deltas.shape[1])):
            following = deltas[:, t] + gamma * gae_lambda * following
            advantages[:, t] = following
        return advantages, advantages + values


@wrong(
    "divides a cumulative sum by the discount to the power t, which underflows for long responses and is 0/0 at 0",
    rarely="not finite",
)
@hint("How large is the smallest of your powers for 300 tokens, and how large is it for lambda = 0?")
def gae_divides_by_powers(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        deltas = rewards + gamma * torch.nn.functional.pad(values[:, 1:], (0, 1)) - values
        steps = torch.arange(deltas.shape[1], dtype=deltas.dtype, device=deltas.device)
        powers = (gamma * gae_lambda) ** steps
        advantages = (deltas * powers).flip(1).cumsum(dim=1).flip(1) / powers
        return advantages, advantages + values


TASK = "rlhf.rewards.kl_estimates"


@wrong("leaves autograd's anomaly detection on", rarely="global state")
@hint("Which setting of torch is different after your function has returned?")
def kl_leaves_anomaly_detection_on(log_probs, ref_log_probs):
    torch.autograd.set_detect_anomaly(True)
    log_ratio = log_probs - ref_log_probs.detach()
    return log_ratio, log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


TASK = "rlhf.rewards.shaped_rewards"


@wrong("detaches the log-probabilities but not the scores", sometimes="gradient where none belongs")
@hint("The result is a constant. Which of the arguments does a gradient still reach?")
def shaped_gradient_into_scores(scores, log_probs, ref_log_probs, mask, kl_coef):
    rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs).detach(), 0.0)
    last = mask.sum(dim=1, keepdim=True) - 1
    return rewards.scatter_add(1, last, scores.unsqueeze(1).to(rewards.dtype))


@wrong("view(-1) fails for log-probabilities that are stored column by column", rarely="exception")
@hint("When does view refuse a tensor? Does a result of torch.where always have the usual order in memory?")
def shaped_flat_view(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
        rows = torch.arange(len(mask), device=mask.device)
        last = rows * mask.shape[1] + mask.sum(dim=1) - 1
        rewards.view(-1)[last] += scores.to(rewards.dtype)
        return rewards


TASK = "rlhf.rewards.adaptive_kl_coef"


@wrong("never lets the price fall below 1e-4, also from a price of 0", rarely="values")
@hint("Which price follows a price of 0, according to the docstring?")
@edit(
    "return kl_coef * (1 + error * num_steps / horizon)",
    "return max(kl_coef * (1 + error * num_steps / horizon), 1e-4)",
)
def adaptive_price_floor(): ...
