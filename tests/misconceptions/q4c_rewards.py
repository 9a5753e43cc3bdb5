"""Question 4(c): estimators of the divergence, and its price."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.rewards.kl_estimates"


@wrong("calculates the log-ratio with the wrong sign, as reference minus policy", often="values")
@hint("Which of the two policies drew the tokens? Compare with `lr` in the docstring.")
@edit("log_probs - ref_log_probs.detach()", "ref_log_probs.detach() - log_probs")
def kl_estimates_reversed(): ...


@wrong("has a wrong sign in the exponent of k3", often="values")
@hint("Read k3 again, sign by sign. What is its mean under the policy?")
@edit("torch.expm1(-log_ratio) + log_ratio", "torch.exp(log_ratio) - 1 - log_ratio")
def kl_estimates_k3_of_the_ratio(): ...


@wrong("subtracts the log-ratio in k3 instead of adding it", sometimes="values")
@hint("k3 is never negative. Is yours, for a log-ratio of 1?")
@edit("torch.expm1(-log_ratio) + log_ratio", "torch.exp(-log_ratio) - 1 - log_ratio")
def kl_estimates_k3_subtracts(): ...


@wrong("leaves the factor 1/2 out of k2", sometimes="values")
@hint("Compare your k2 with the docstring, factor by factor.")
@edit("log_ratio**2 / 2", "log_ratio**2")
def kl_estimates_k2_not_halved(): ...


@wrong("lets a gradient flow into the reference", often="gradient where none belongs")
@hint("The reference is frozen. How does autograd know this?")
@edit("ref_log_probs.detach()", "ref_log_probs")
def kl_estimates_reference_learns(): ...


@wrong("cuts the policy's own gradient as well as the reference's", sometimes="no gradient")
@hint("Which of the two inputs is a constant, and which learns?")
def kl_estimates_detached(log_probs, ref_log_probs):
    with torch.no_grad():
        log_ratio = log_probs - ref_log_probs
        return log_ratio, log_ratio**2 / 2, torch.expm1(-log_ratio) + log_ratio


@wrong("makes k1 positive", sometimes="values")
@hint("A divergence is not negative. Is that true for each sample of k1? What happens to the mean of yours?")
@edit("return log_ratio", "return log_ratio.abs()")
def kl_estimates_absolute_k1(): ...


@wrong(
    "weights each token by its probability, although the tokens are already drawn from the policy",
    sometimes="values",
)
@hint("Where does the expectation over the policy come from: from your code, or from the draws?")
@edit("return log_ratio", "k1 = log_probs.exp() * log_ratio\nreturn k1")
def kl_estimates_weighted(): ...


@wrong("averages over the tokens", sometimes="shape")
@hint("Which shape do the results have in the docstring?")
def kl_estimates_averaged(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    k3 = torch.expm1(-log_ratio) + log_ratio
    return log_ratio.mean(), (log_ratio**2 / 2).mean(), k3.mean()


@wrong("returns a dictionary", rarely="type")
@hint("What kind of result does the signature name?")
def kl_estimates_by_name(log_probs, ref_log_probs):
    log_ratio = log_probs - ref_log_probs.detach()
    return {"k1": log_ratio, "k2": log_ratio**2 / 2, "k3": torch.expm1(-log_ratio) + log_ratio}


@wrong("calculates in single precision, whatever the dtype of the input is", rarely="dtype")
@hint("Which dtype does the input have, and which one does the result have?")
@edit("log_probs - ref_log_probs.detach()", "log_probs.float() - ref_log_probs.detach().float()")
def kl_estimates_in_single_precision(): ...


@right("writes the three equations exactly as in the docstring")
def kl_estimates_literally(log_probs, ref_log_probs):
    lr = log_probs - ref_log_probs.clone().detach()
    return lr, 0.5 * lr.square(), torch.exp(-lr) - 1 + lr


@right("calculates the square as a product and k3 from the opposite log-ratio")
def kl_estimates_from_the_other_side(log_probs, ref_log_probs):
    back = torch.sub(ref_log_probs.detach(), log_probs)
    return back.neg(), back.mul(back).div(2), back.expm1().sub(back)


TASK = "rlhf.rewards.adaptive_kl_coef"


@wrong("does not clip the error", sometimes="values")
@hint("How much may the price change at most in one step?")
@edit("min(max(observed_kl / target_kl - 1, -0.2), 0.2)", "observed_kl / target_kl - 1")
def adaptive_kl_coef_unclipped(): ...


@wrong("uses the error in nats instead of the error relative to the target", often="values")
@hint("Is the error in the docstring a difference or a fraction?")
@edit("observed_kl / target_kl - 1", "observed_kl - target_kl")
def adaptive_kl_coef_absolute_error(): ...


@wrong("clips the new price instead of the error", sometimes="values")
@hint("What is inside clip(...) in the docstring?")
def adaptive_kl_coef_clips_price(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = observed_kl / target_kl - 1
    return min(max(kl_coef * (1 + error * num_steps / horizon), -0.2), 0.2)


@wrong("lowers the price after too much divergence and raises it after too little", sometimes="values")
@hint("The policy is too far from the reference. Should the distance cost more now, or less?")
@edit("observed_kl / target_kl - 1", "1 - observed_kl / target_kl")
def adaptive_kl_coef_wrong_way(): ...


@wrong("clips the error only from above", sometimes="values")
@hint("What happens to your price when the divergence is 0?")
@edit("min(max(observed_kl / target_kl - 1, -0.2), 0.2)", "min(observed_kl / target_kl - 1, 0.2)")
def adaptive_kl_coef_clips_one_side(): ...


@wrong("adds the error to the price instead of multiplying the price", sometimes="values")
@hint("What does one step of your code do to a price of 0.001?")
@edit("kl_coef * (1 + error * num_steps / horizon)", "kl_coef + error * num_steps / horizon")
def adaptive_kl_coef_adds(): ...


@wrong(
    "changes the price by the whole error at once, whatever the batch size and the horizon are",
    sometimes="ignores an argument",
)
@hint("Which of the arguments does your code not use?")
@edit("error * num_steps / horizon", "error")
def adaptive_kl_coef_ignores_horizon(): ...


@wrong("divides the steps by the horizon with integer division", rarely="values")
@hint("What is 100 // 1000?")
@edit("kl_coef * (1 + error * num_steps / horizon)", "kl_coef * (1 + error * (num_steps // horizon))")
def adaptive_kl_coef_integer_division(): ...


@wrong("clips the change after it is multiplied by the fraction of the horizon", sometimes="values")
@hint("In which order do clipping and scaling come in the docstring?")
def adaptive_kl_coef_clips_late(kl_coef, observed_kl, target_kl, num_steps, horizon):
    change = (observed_kl / target_kl - 1) * num_steps / horizon
    return kl_coef * (1 + min(max(change, -0.2), 0.2))


@wrong("changes the price by an exponential instead of a linear step", rarely="values")
@hint("Compare the second line of the docstring's formula with your last line.")
def adaptive_kl_coef_exponential(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = min(max(observed_kl / target_kl - 1, -0.2), 0.2)
    return kl_coef * torch.tensor(error * num_steps / horizon, dtype=torch.float64).exp().item()


@wrong("returns a single-precision tensor instead of a number", rarely="type")
@hint("Which type does the signature name?")
def adaptive_kl_coef_returns_tensor(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = torch.clamp(torch.tensor(observed_kl / target_kl - 1), -0.2, 0.2)
    return kl_coef * (1 + error * num_steps / horizon)


@right("clips with an if statement for each case")
def adaptive_kl_coef_by_cases(kl_coef, observed_kl, target_kl, num_steps, horizon):
    error = (observed_kl - target_kl) / target_kl
    if error > 0.2:
        error = 0.2
    elif error < -0.2:
        error = -0.2
    return kl_coef + kl_coef * error * (num_steps / horizon)


@right("clips with NumPy")
def adaptive_kl_coef_with_numpy(kl_coef, observed_kl, target_kl, num_steps, horizon):
    import numpy as np

    error = np.clip(observed_kl / target_kl - 1.0, -0.2, 0.2)
    return float(kl_coef * (1.0 + num_steps / horizon * error))
