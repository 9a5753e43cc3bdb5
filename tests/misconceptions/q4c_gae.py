"""Question 4(c): generalised advantage estimation."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "rlhf.advantages.gae"


@base
def gae_plain(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        next_value = next_advantage = torch.zeros_like(values[:, 0])
        columns = []
        for t in reversed(range(rewards.shape[1])):
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            next_advantage = delta + gamma * gae_lambda * next_advantage
            next_value = values[:, t]
            columns.append(next_advantage)
        advantages = torch.stack(columns[::-1], dim=1)
        return advantages, advantages + values


@wrong("uses the value at the first padded place as the value of the next token", often="not finite")
@hint("What follows the last token of a response, and which value does it have?")
def gae_bootstraps_from_padding(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards = torch.where(mask, rewards, 0.0)
        advantages = torch.zeros_like(values)
        following = torch.zeros_like(values[:, 0])
        for t in reversed(range(values.shape[1])):
            next_value = values[:, t + 1] if t + 1 < values.shape[1] else 0.0
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            following = torch.where(mask[:, t], delta + gamma * gae_lambda * following, 0.0)
            advantages[:, t] = following
        return advantages, torch.where(mask, advantages + values, 0.0)


@wrong("multiplies by the mask, so that NaN at the padding stays NaN", often="not finite")
@hint("What is 0 * NaN?")
@edit(
    "torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)",
    "rewards * mask, values * mask",
    of="gae_plain",
)
def gae_times_mask(): ...


@wrong("never uses lambda", sometimes="ignores an argument")
@hint("Which of the arguments does your code not use?")
def gae_ignores_lambda(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        next_value = next_advantage = torch.zeros_like(values[:, 0])
        columns = []
        for t in reversed(range(rewards.shape[1])):
            next_advantage = rewards[:, t] + gamma * (next_value + next_advantage) - values[:, t]
            next_value = values[:, t]
            columns.append(next_advantage)
        advantages = torch.stack(columns[::-1], dim=1)
        return advantages, advantages + values


@wrong("lets advantages decay by lambda alone", often="values")
@hint("By which factor does the docstring multiply the next advantage?")
@edit("gamma * gae_lambda", "gae_lambda", of="gae_plain")
def gae_trace_without_gamma(): ...


@wrong("confuses gamma and lambda in the temporal difference", rarely="values")
@hint("Which of the two discounts a value, and which one only weights estimates of different length?")
@edit("gamma * next_value", "gae_lambda * next_value", of="gae_plain")
def gae_lambda_for_gamma(): ...


@wrong("returns the discounted sum of rewards, whatever lambda is", often="values")
@hint("How does the docstring define the returns?")
def gae_monte_carlo_returns(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        next_value = next_advantage = to_come = torch.zeros_like(values[:, 0])
        advantages, returns = torch.zeros_like(values), torch.zeros_like(values)
        for t in reversed(range(rewards.shape[1])):
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            next_advantage = delta + gamma * gae_lambda * next_advantage
            to_come = rewards[:, t] + gamma * to_come
            next_value = values[:, t]
            advantages[:, t], returns[:, t] = next_advantage, to_come
        return advantages, returns


@wrong("adds the rewards to the advantages instead of the values", sometimes="values")
@hint("How does the docstring define the returns?")
@edit("advantages + values", "advantages + rewards", of="gae_plain")
def gae_returns_from_rewards(): ...


@wrong("whitens the advantages itself", sometimes="values")
@hint("Look for 'whitened' in the docstring. Who whitens, and when?")
@edit(
    "advantages, advantages + values", "masked_whiten(advantages, mask), advantages + values", of="gae_plain"
)
def gae_whitens(): ...


@wrong("keeps the autograd graph to the values and the rewards", often="gradient where none belongs")
@hint("The value function has a loss of its own. Look for 'constants' in the docstring.")
def gae_keeps_graph(rewards, values, mask, gamma, gae_lambda):
    rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
    next_value = next_advantage = torch.zeros_like(values[:, 0])
    columns = []
    for t in reversed(range(rewards.shape[1])):
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        next_advantage = delta + gamma * gae_lambda * next_advantage
        next_value = values[:, t]
        columns.append(next_advantage)
    advantages = torch.stack(columns[::-1], dim=1)
    return advantages, advantages + values


@wrong(
    "detaches the advantages, but adds values with their graph to get the returns",
    often="gradient where none belongs",
)
@hint("Does a gradient reach the values through the second result?")
def gae_returns_keep_graph(rewards, values, mask, gamma, gae_lambda):
    values = torch.where(mask, values, 0.0)
    with torch.no_grad():
        rewards = torch.where(mask, rewards, 0.0)
        next_value = next_advantage = torch.zeros_like(values[:, 0])
        columns = []
        for t in reversed(range(rewards.shape[1])):
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            next_advantage = delta + gamma * gae_lambda * next_advantage
            next_value = values[:, t]
            columns.append(next_advantage)
        advantages = torch.stack(columns[::-1], dim=1)
    return advantages, advantages + values


@wrong("goes from the first token to the last", sometimes="values")
@hint("Each advantage needs the one after it. Where must the loop begin?")
def gae_walks_forward(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        next_values = torch.cat([values[:, 1:], torch.zeros_like(values[:, :1])], dim=1)
        deltas = rewards + gamma * next_values - values
        trace = torch.zeros_like(values[:, 0])
        advantages = torch.zeros_like(values)
        for t in range(values.shape[1]):
            trace = torch.where(mask[:, t], deltas[:, t] + gamma * gae_lambda * trace, 0.0)
            advantages[:, t] = trace
        return advantages, advantages + values


@wrong(
    "leaves the advantages in the order in which the loop from the end calculates them", sometimes="values"
)
@hint("Which column of the result was appended first?")
@edit("columns[::-1]", "columns", of="gae_plain")
def gae_in_reverse_order(): ...


@wrong("uses the value of the last column as the value of the state after it", sometimes="values")
@hint("Is there a state after the last token? Which value does it have?")
def gae_bootstraps_from_itself(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        next_value, next_advantage = values[:, -1], torch.zeros_like(values[:, 0])
        columns = []
        for t in reversed(range(rewards.shape[1])):
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            next_advantage = torch.where(mask[:, t], delta + gamma * gae_lambda * next_advantage, 0.0)
            next_value = values[:, t]
            columns.append(next_advantage)
        advantages = torch.stack(columns[::-1], dim=1)
        return advantages, advantages + values


@wrong(
    "begins one token before the last one, so that the last column's advantage stays 0", sometimes="values"
)
@hint("What is the advantage of the very last token? Calculate it by hand for a row of one token.")
def gae_skips_last_column(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        advantages = torch.zeros_like(values)
        for t in reversed(range(values.shape[1] - 1)):
            delta = rewards[:, t] + gamma * values[:, t + 1] - values[:, t]
            advantages[:, t] = delta + gamma * gae_lambda * advantages[:, t + 1]
        return advantages, advantages + values


@wrong("discounts by the distance from the first token and not from the token itself", sometimes="values")
@hint("With which weight does a temporal difference enter the advantage of its own token?")
def gae_discounts_from_the_start(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        next_values = torch.cat([values[:, 1:], torch.zeros_like(values[:, :1])], dim=1)
        deltas = rewards + gamma * next_values - values
        weights = (gamma * gae_lambda) ** torch.arange(values.shape[1], dtype=values.dtype)
        advantages = (deltas * weights).flip(1).cumsum(1).flip(1)
        return advantages, torch.where(mask, advantages + values, 0.0)


@wrong("calculates in single precision, whatever the dtype of the input is", sometimes="dtype")
@hint("Which dtype do the inputs and the result have? torch.zeros does not know your inputs.")
def gae_in_single_precision(rewards, values, mask, gamma, gae_lambda):
    advantages = torch.zeros(rewards.shape)
    returns = torch.zeros(rewards.shape)
    for b in range(rewards.shape[0]):
        next_value = next_advantage = 0.0
        for t in reversed(range(int(mask[b].sum()))):
            delta = rewards[b, t].item() + gamma * next_value - values[b, t].item()
            next_advantage = delta + gamma * gae_lambda * next_advantage
            next_value = values[b, t].item()
            advantages[b, t], returns[b, t] = next_advantage, next_advantage + next_value
    return advantages, returns


@wrong("overwrites the padding of the caller's own rewards and values", rarely="argument changed in place")
@hint("Whose tensors do you write into?")
def gae_cleans_arguments(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards[~mask] = 0.0
        values[~mask] = 0.0
        advantages = torch.zeros_like(values)
        next_value = next_advantage = 0.0
        for t in reversed(range(values.shape[1])):
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            next_advantage = delta + gamma * gae_lambda * next_advantage
            next_value = values[:, t]
            advantages[:, t] = next_advantage
        return advantages, advantages + values


@wrong("returns only the advantages", rarely="type")
@hint("How many results does the docstring name?")
def gae_returns_advantages_alone(rewards, values, mask, gamma, gae_lambda):
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        advantages = torch.zeros_like(values)
        next_value = next_advantage = 0.0
        for t in reversed(range(values.shape[1])):
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            next_advantage = delta + gamma * gae_lambda * next_advantage
            next_value = values[:, t]
            advantages[:, t] = next_advantage
        return advantages


@right("sums temporal differences with a matrix of weights")
def gae_by_matrix(rewards, values, mask, gamma, gae_lambda):
    rewards, values = (x.detach().masked_fill(~mask, 0.0) for x in (rewards, values))
    following = torch.nn.functional.pad(values, (0, 1))[:, 1:]
    deltas = rewards + gamma * following - values
    steps = torch.arange(values.shape[1], dtype=values.dtype, device=values.device)
    distance = steps[None, :] - steps[:, None]
    weights = torch.where(distance >= 0, (gamma * gae_lambda) ** distance.clamp(min=0), 0.0)
    advantages = torch.einsum("bs,ts->bt", deltas, weights)
    return advantages, advantages + values


@right("calculates with plain Python numbers, row by row")
def gae_by_plain_loops(rewards, values, mask, gamma, gae_lambda):
    advantages = torch.zeros(rewards.shape, dtype=rewards.dtype, device=rewards.device)
    returns = torch.zeros_like(advantages)
    for b in range(rewards.shape[0]):
        length = int(mask[b].sum())
        r, v = rewards[b, :length].tolist(), values[b, :length].tolist() + [0.0]
        advantage = 0.0
        for t in range(length - 1, -1, -1):
            advantage = r[t] + gamma * v[t + 1] - v[t] + gamma * gae_lambda * advantage
            advantages[b, t], returns[b, t] = advantage, advantage + v[t]
    return advantages, returns


@right("calculates the lambda-returns recursively and subtracts the values")
def gae_by_lambda_returns(rewards, values, mask, gamma, gae_lambda):
    r = torch.where(mask, rewards.detach(), torch.zeros_like(rewards))
    v = torch.where(mask, values.detach(), torch.zeros_like(values))
    returns = torch.zeros_like(v)
    next_return = next_value = torch.zeros_like(v[:, 0])
    for t in range(v.shape[1] - 1, -1, -1):
        mixture = (1 - gae_lambda) * next_value + gae_lambda * next_return
        next_return = (r[:, t] + gamma * mixture) * mask[:, t]
        next_value = v[:, t]
        returns[:, t] = next_return
    return returns - v, returns
