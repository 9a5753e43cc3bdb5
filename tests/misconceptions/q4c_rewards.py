"""Question 4(c): estimators of the divergence, and its price."""

from autograder.misconceptions.bank import right, wrong

KL = "rlhf.rewards.kl_estimates"
CONTROLLER = "rlhf.rewards.adaptive_kl_coef"


@wrong(
    KL,
    says="takes the log-ratio the wrong way round, reference minus policy",
    hint="Which of the two policies drew the tokens? Compare with `lr` in the docstring.",
    common="often",
    failure="values",
)
def kl_estimates_reversed(log_probs, ref_log_probs):
    log_ratio = ref_log_probs.detach() - log_probs
    return log_ratio, log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


@wrong(
    KL,
    says="has a sign wrong in the exponent of k3",
    hint="Read k3 once more, sign by sign. What is its mean under the policy?",
    common="often",
    failure="values",
)
def kl_estimates_k3_of_the_ratio(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    return log_ratio, log_ratio**2 / 2, torch.exp(log_ratio) - 1 - log_ratio


@wrong(
    KL,
    says="subtracts the log-ratio in k3 where it is to be added",
    hint="k3 is never negative. Is yours, for a log-ratio of 1?",
    common="sometimes",
    failure="values",
)
def kl_estimates_k3_subtracts(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    return log_ratio, log_ratio**2 / 2, torch.exp(-log_ratio) - 1 - log_ratio


@wrong(
    KL,
    says="leaves the one half out of k2",
    hint="Compare k2 with the docstring, factor by factor.",
    common="sometimes",
    failure="values",
)
def kl_estimates_k2_not_halved(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    return log_ratio, log_ratio**2, torch.expm1(-log_ratio) + log_ratio


@wrong(
    KL,
    says="lets a gradient flow into the reference",
    hint="The reference is frozen. What tells autograd so?",
    common="often",
    failure="gradient where none belongs",
)
def kl_estimates_reference_learns(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs
    return log_ratio, log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


@wrong(
    KL,
    says="cuts the policy's own gradient as well as the reference's",
    hint="Which of the two inputs is a constant, and which learns?",
    common="sometimes",
    failure="no gradient",
)
def kl_estimates_detached(log_probs, ref_log_probs):
    with torch.no_grad():
        log_ratio = log_probs - ref_log_probs
        return log_ratio, log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


@wrong(
    KL,
    says="makes k1 positive",
    hint="A divergence is not negative, but is that so of each sample of k1? What would become of its mean?",
    common="sometimes",
    failure="values",
)
def kl_estimates_absolute_k1(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    return log_ratio.abs(), log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


@wrong(
    KL,
    says="weighs each token with its probability, though the tokens are drawn from the policy already",
    hint="Where does the expectation over the policy come from: from your code, or from the draws?",
    common="sometimes",
    failure="values",
)
def kl_estimates_weighted(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    k1 = log_probs.exp() * log_ratio
    return k1, log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


@wrong(
    KL,
    says="averages over the tokens",
    hint="Which shape do the results have in the docstring?",
    common="sometimes",
    failure="shape",
)
def kl_estimates_averaged(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    k3 = torch.expm1(-log_ratio) + log_ratio
    return log_ratio.mean(), (log_ratio**2 / 2).mean(), k3.mean()


@wrong(
    KL,
    says="returns a dictionary",
    hint="What kind of result does the signature name?",
    common="seldom",
    failure="type",
)
def kl_estimates_by_name(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    return {"k1": log_ratio, "k2": log_ratio**2 / 2, "k3": torch.expm1(-log_ratio) + log_ratio}


@wrong(
    KL,
    says="calculates in single precision whatever comes in",
    hint="Which dtype comes in, and which goes out?",
    common="seldom",
    failure="dtype",
)
def kl_estimates_in_single_precision(log_probs, ref_log_probs):
    log_ratio = log_probs.float() - ref_log_probs.detach().float()
    return log_ratio, log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


@right(KL, says="writes the three equations down as they stand")
def kl_estimates_literally(log_probs, ref_log_probs):
    lr = log_probs - ref_log_probs.clone().detach()
    return lr, 0.5 * lr.square(), torch.exp(-lr) - 1 + lr


@right(KL, says="takes the square by a product and k3 from the reference's side")
def kl_estimates_from_the_other_side(log_probs, ref_log_probs):
    back = torch.sub(ref_log_probs.detach(), log_probs)
    return back.neg(), back.mul(back).div(2), back.expm1().sub(back)


@wrong(
    CONTROLLER,
    says="does not clip the error",
    hint="How far may the price move at most in one step?",
    common="sometimes",
    failure="values",
)
def adaptive_kl_coef_unclipped(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = observed_kl / target_kl - 1
    return kl_coef * (1 + error * num_steps / horizon)


@wrong(
    CONTROLLER,
    says="takes the error in nats and not relative to the target",
    hint="Is the docstring's error a difference or a share?",
    common="often",
    failure="values",
)
def adaptive_kl_coef_absolute_error(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(max(observed_kl - target_kl, -0.2), 0.2)
    return kl_coef * (1 + error * num_steps / horizon)


@wrong(
    CONTROLLER,
    says="clips the new price and not the error",
    hint="What stands inside of clip(...) in the docstring?",
    common="sometimes",
    failure="values",
)
def adaptive_kl_coef_clips_price(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = observed_kl / target_kl - 1
    return min(max(kl_coef * (1 + error * num_steps / horizon), -0.2), 0.2)


@wrong(
    CONTROLLER,
    says="lowers the price after too much divergence and raises it after too little",
    hint="The policy has strayed too far. Should straying cost more now, or less?",
    common="sometimes",
    failure="values",
)
def adaptive_kl_coef_wrong_way(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(max(1 - observed_kl / target_kl, -0.2), 0.2)
    return kl_coef * (1 + error * num_steps / horizon)


@wrong(
    CONTROLLER,
    says="clips the error from above only",
    hint="What happens to your price when the divergence is 0?",
    common="sometimes",
    failure="values",
)
def adaptive_kl_coef_clips_one_side(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(observed_kl / target_kl - 1, 0.2)
    return kl_coef * (1 + error * num_steps / horizon)


@wrong(
    CONTROLLER,
    says="adds the error to the price where the price is to be multiplied",
    hint="What would one step of yours do to a price of 0.001?",
    common="sometimes",
    failure="values",
)
def adaptive_kl_coef_adds(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(max(observed_kl / target_kl - 1, -0.2), 0.2)
    return kl_coef + error * num_steps / horizon


@wrong(
    CONTROLLER,
    says="moves by the whole error at once, whatever the size of the batch and the horizon",
    hint="Which of the arguments does your code not read?",
    common="sometimes",
    failure="ignores an argument",
)
def adaptive_kl_coef_ignores_horizon(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(max(observed_kl / target_kl - 1, -0.2), 0.2)
    return kl_coef * (1 + error)


@wrong(
    CONTROLLER,
    says="divides the steps by the horizon in whole numbers",
    hint="What is 100 // 1000?",
    common="seldom",
    failure="values",
)
def adaptive_kl_coef_integer_division(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(max(observed_kl / target_kl - 1, -0.2), 0.2)
    return kl_coef * (1 + error * (num_steps // horizon))


@wrong(
    CONTROLLER,
    says="clips the whole change, after it was scaled by the share of the horizon",
    hint="In which order do clipping and scaling come in the docstring?",
    common="sometimes",
    failure="values",
)
def adaptive_kl_coef_clips_late(kl_coef, observed_kl, target_kl, num_steps, horizon):
    change = (observed_kl / target_kl - 1) * num_steps / horizon
    return kl_coef * (1 + min(max(change, -0.2), 0.2))


@wrong(
    CONTROLLER,
    says="changes the price by an exponential where a linear step is due",
    hint="Compare the second line of the docstring's formula with your last line.",
    common="seldom",
    failure="values",
)
def adaptive_kl_coef_exponential(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(max(observed_kl / target_kl - 1, -0.2), 0.2)
    return kl_coef * torch.tensor(error * num_steps / horizon, dtype=torch.float64).exp().item()


@wrong(
    CONTROLLER,
    says="returns a single-precision tensor where a number is due",
    hint="Which type does the signature name?",
    common="seldom",
    failure="type",
)
def adaptive_kl_coef_returns_tensor(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = torch.clamp(torch.tensor(observed_kl / target_kl - 1), -0.2, 0.2)
    return kl_coef * (1 + error * num_steps / horizon)


@right(CONTROLLER, says="clips by cases")
def adaptive_kl_coef_by_cases(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = (observed_kl - target_kl) / target_kl
    if error > 0.2:
        error = 0.2
    elif error < -0.2:
        error = -0.2
    return kl_coef + kl_coef * error * (num_steps / horizon)


@right(CONTROLLER, says="clips with NumPy")
def adaptive_kl_coef_with_numpy(kl_coef, observed_kl, target_kl, num_steps, horizon):
    import numpy as np

    error = np.clip(observed_kl / target_kl - 1.0, -0.2, 0.2)
    return float(kl_coef * (1.0 + num_steps / horizon * error))
