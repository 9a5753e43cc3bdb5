# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Reinforcement learning from human feedback
#
# **Homework 12, questions 4 and 5.** A model that is trained to imitate summaries writes like the summaries that
# it has seen, good and bad. It is easier for people to say which of two summaries they prefer than to write a
# good one. RLHF turns such preferences into a reward, and the reward into a better model, as in
# [InstructGPT](https://arxiv.org/pdf/2203.02155.pdf):
#
# 1. **Warm-up**: imitate reference summaries (supervised).
# 2. **Reward model**: learn from pairs which summary people prefer.
# 3. **Reinforcement learning**: write summaries, score them, make good ones more likely, but stay close to the
#    warmed-up model.
#
# You write the losses of all three, for a small world of news: it has only a few dozen words, so you can see
# everything.

# %% [markdown]
# ## How to work with this notebook
#
# * Your code goes into files: `student/rlhf/log_probs.py`, `policy_gradient.py`, `rewards.py`,
#   `reward_model.py`, `advantages.py` and `ppo.py`. Open them in an editor beside the notebook. A change takes
#   effect when you save the file; you do not need to restart.
# * If a cell needs a function that you have not written yet, it prints a line that starts with `TODO`, and the
#   notebook continues.
# * `grader.check("q4a")` runs the tests of part 4(a) on what is *saved* on disk.
# * **On paper** marks what the handout asks you to write down. People grade it, from your written part.

# %% [markdown]
# ## Set up
#
# On your own machine, in the homework's folder, everything is already there, and this cell changes nothing. On
# Colab, choose a GPU first (*Runtime*, *Change runtime type*), then put the homework there: upload
# `hw12-student.zip` with the folder icon on the left, or clone your repository. Colab deletes your files when
# it closes: download `student/` before you leave.

# %%
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

here = Path.cwd()
if not list(here.glob("*/assignment.toml")):
    for bundle in here.glob("hw12-student*.zip"):
        zipfile.ZipFile(bundle).extractall(here)
places = [here, *here.parents, *sorted(path for path in here.iterdir() if path.is_dir())]
homework = [place for place in places if (place / "assignment.toml").is_file()]
if not homework:
    raise FileNotFoundError(
        f"no assignment.toml at or above {here}: put the homework's folder or hw12-student.zip there"
    )
os.chdir(homework[0])
sys.path.insert(0, str(homework[0]))

needed = ["otter", "torch", "safetensors", "tomlkit", "rich", "matplotlib", "tensorboard", "transformers"]
missing = [name for name in needed if importlib.util.find_spec(name) is None]
if missing:
    print(f"installing what is missing: {', '.join(missing)}")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "-e", ".[student]"], check=True)
    importlib.invalidate_caches()

# %%
# %load_ext autoreload
# %autoreload 2

# %%
import matplotlib.pyplot as plt
import otter
import torch

from student.given.data import news
from student.given.experiments import Curve
from student.given.notebook import checks, print_found, show, show_found, submit, trained, unless_todo
from student.rlhf import advantages, log_probs, policy_gradient, ppo, reward_model, rewards

torch.set_num_threads(1)  # like `make train`: these networks are small
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
PRESET = "quick"  # a minute or two on a laptop; "full" is meant for a GPU
grader = otter.Notebook(tests_dir=checks())
print(f"device: {DEVICE}, preset: {PRESET}, homework: {homework[0].name}")

# %% [markdown]
# # The news
#
# An article says who did what to what, where and when, among sentences of filler. The reference summaries are of
# mixed quality, as in real data: a quarter of them are complete, and the others omit facts or add a clickbait
# word.

# %%
articles = news.make_articles(4, seed=0)
for article in articles:
    print(f"article    {article.text}")
    print(f"reference  {article.reference}")
    print(f"complete   {article.complete_summary}\n")

# %% [markdown]
# What is a summary worth to its reader? It is the number of right facts minus the number of wrong facts, minus a
# price for clickbait, repetition and length. The readers of this world are simulated. They judge by this
# *utility*, with noise. The model never sees the utility; it only sees which of two summaries a reader preferred.
# You can look at it:

# %%
article = articles[0]
for summary in (article.complete_summary, article.reference, "shocking mayor", "mayor " * 5):
    print(f"{news.utility(summary, article):5.1f}  {summary}")

# %% [markdown]
# # (a) Writing as acting
#
# A summary $y = [y_1, \dots, y_n]$ is written token by token. Each token is drawn from a distribution over
# the vocabulary, given the article $x$ and all earlier tokens: $P_\theta(y_i \mid y_1, \dots,
# y_{i-1}, x)$. In terms of reinforcement learning:
#
# | | here |
# | --- | --- |
# | agent, policy | the network $P_\theta$ |
# | state | the article and the tokens so far |
# | action | the next token, any word of the vocabulary |
# | transition | the token is appended |
# | reward | $r(x, y)$, once, when the summary is finished |
#
# We want the expected reward to be large, $\mathbb E_{y \sim P_\theta}[r(x, y)]$. The problem: $\theta$ is a
# parameter of the distribution that we draw from, and a random draw has no derivative.

# %% [markdown]
# **On paper, 4(a).** Prove that the policy gradient of $L(\theta) = -\mathbb E_{y \sim P_\theta}[r(x, y)]$ is
#
# $$
# \nabla_\theta L(\theta) = -\mathbb E_{y \sim P_\theta}\!\left[\, r(x, y) \sum_{i=1}^{n}
# \nabla_\theta \log P_\theta(y_i \mid y_1, \dots, y_{i-1}, x) \right].
# $$
#
# (Write the expectation as a sum over all summaries. What is the derivative of $\log p$, and which factor
# does it bring back?)

# %% [markdown]
# ## Log-probabilities of tokens
#
# So every formula uses $\log P_\theta(y_i \mid \dots)$. **Your turn**, in `student/rlhf/log_probs.py`:
#
# * `shift_right`: while the decoder predicts a token, it reads the tokens before it;
# * `response_mask`: which tokens count: all tokens up to and including the first end-of-sequence;
# * `token_log_probs`: from logits over the vocabulary to the log-probability of the token that was drawn;
# * `policy_log_probs`: all of this together, with one call of the policy for a whole batch of summaries.

# %%
tokens, _ = news.encode_batch(["mayor opens bridge", "pilot visits museum in oslo on friday"])
with unless_todo():
    read = log_probs.shift_right(tokens, news.START_ID)
    mask = log_probs.response_mask(tokens, news.EOS_ID)
    for name, ids in (("to predict", tokens), ("decoder reads", read)):
        for row in ids.tolist():
            print(f"{name:14}", " ".join(f"{news.VOCABULARY[token]:8}" for token in row))
    for row in mask.tolist():
        print(f"{'counts':14}", " ".join(f"{'yes' if counts else '-':8}" for counts in row))

# %% [markdown]
# ## REINFORCE
#
# Instead of the expectation, draw one summary for each article. If it is good, make its tokens more likely; if it
# is bad, make them less likely. `reinforce_loss` in `policy_gradient.py` is a loss whose *gradient* is this
# estimate (its value has no meaning). We can subtract a baseline from the rewards: the gradient stays right on
# average, and it becomes less noisy.
#
# A small example shows this: there is one action, with five words, each with a reward. The policy is five
# logits.

# %%
words, worth = ["mayor", "bridge", "shocking", "viral", "oslo"], torch.tensor([1.0, 0.6, -1.0, -1.5, 0.4])
logits = torch.zeros(5, requires_grad=True)
optimizer = torch.optim.SGD([logits], lr=0.5)
generator = torch.Generator().manual_seed(0)
history = []
with unless_todo():
    for _ in range(150):
        chances = logits.softmax(dim=0)
        history.append(chances.detach())
        drawn = torch.multinomial(chances.detach(), 16, replacement=True, generator=generator).view(16, 1)
        chosen = log_probs.token_log_probs(logits.expand(16, 1, 5), drawn)
        received = worth[drawn[:, 0]]
        objective = policy_gradient.reinforce_loss(
            chosen, received, torch.ones(16, 1, dtype=torch.bool), received.mean()
        )
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
    lines = torch.stack(history).T.tolist()
    names = [f"{word} (reward {reward:g})" for word, reward in zip(words, worth.tolist(), strict=True)]
    steps = [float(step) for step in range(150)]
    show(
        Curve("Probability of each word", "step", "probability", steps, dict(zip(names, lines, strict=True)))
    )

# %%
grader.check("q4a")

# %% [markdown]
# # (b) Policy gradient and cross-entropy
#
# The warm-up trains on reference summaries with cross-entropy: make every token of the reference likely.
# **Your turn:** `cross_entropy_loss` in `policy_gradient.py`.
#
# **On paper, 4(b)**, and in `student/answers.toml` under `q4b`: What is the relationship between the
# policy-gradient loss and the cross-entropy loss? Try it: the cell treats two references as if the policy had
# drawn them. Change their rewards `given` and the `baseline`, and see when the two losses are equal.

# %%
given, baseline = torch.tensor([0.0, 2.5]), 0.7  # change these
logits = torch.randn(2, tokens.shape[1], len(news.VOCABULARY), generator=generator)
with unless_todo():
    mask = log_probs.response_mask(tokens, news.EOS_ID)
    supervised = policy_gradient.cross_entropy_loss(logits, tokens, mask)
    chosen = log_probs.token_log_probs(logits, tokens)
    reinforced = policy_gradient.reinforce_loss(chosen, given, mask, baseline)
    print(f"cross-entropy {supervised.item():.4f}, policy gradient {reinforced.item():.4f}")

# %%
grader.check("q4b")

# %% [markdown]
# # The code: RLHF from end to end
#
# ## Drawing summaries
#
# **Your turn:** `sample_response` draws summaries token by token, for a whole batch at once. A row that has ended
# is padded while the others continue. Try it on a policy that has learnt nothing: all words are equally
# likely.

# %%
sources, source_mask = news.encode_batch([article.text for article in articles])


def ignorant(input_ids, attention_mask, decoder_input_ids):
    """The same logit for every word."""
    return torch.zeros(*decoder_input_ids.shape, len(news.VOCABULARY))


with unless_todo():
    drawn, chosen, mask = policy_gradient.sample_response(
        ignorant, sources, source_mask, news.START_ID, news.EOS_ID, news.PAD_ID, 11, generator=generator
    )
    for text in news.decode_batch(drawn):
        print(text)

# %% [markdown]
# ## The reward model
#
# A reader saw two summaries of an article and preferred $y_w$ to $y_l$. In the model of Bradley and Terry
# this happens with probability $\sigma(r(x, y_w) - r(x, y_l))$: only the difference of the two scores matters.
# Training makes the observed preferences likely,
#
# $$ L = -\log \sigma\bigl(r(x, y_w) - r(x, y_l)\bigr). $$
#
# The score is the value at the last token, the only position at which the model has read the whole summary.
#
# **Your turn:** `last_token_score` and `preference_loss` in `reward_model.py`.

# %%
gap = torch.linspace(-6, 6, 61)
with unless_todo():
    losses = [reward_model.preference_loss(g.view(1), torch.zeros(1)).item() for g in gap]
    show(
        Curve(
            "preference_loss",
            "score of the preferred - score of the other",
            "nats",
            gap.tolist(),
            {"": losses},
        )
    )

# %% [markdown]
# ## Staying close
#
# A reward model is only right about summaries of the kind that it was trained on. So there is a price for leaving
# the warmed-up policy $\pi_\text{ref}$: $\beta$ for each nat of divergence. From drawn tokens, we can only estimate
# the divergence; `kl_estimates` in `rewards.py` has three estimators. Here are their means over ten thousand
# draws, for two coins that differ a little:

# %%
p, q = torch.tensor([0.6, 0.4]), torch.tensor([0.5, 0.5])
exact = (p * (p / q).log()).sum().item()
draws = torch.multinomial(p, 10_000, replacement=True, generator=generator)
with unless_todo():
    estimates = rewards.kl_estimates(p.log()[draws], q.log()[draws])
    print(f"exact {exact:.4f} nats")
    for name, values in zip(("k1", "k2", "k3"), estimates, strict=True):
        print(f"{name}: mean {values.mean():.4f}, standard deviation of one draw {values.std():.4f}")

# %% [markdown]
# **Your turn:** `shaped_rewards` combines the price and the score, token by token: every token pays the price, and
# the last token also gets the score. `adaptive_kl_coef` can adjust the price during training.

# %%
with unless_todo():
    policy_says = torch.tensor([[-0.2, -0.5, -0.1, -0.9, -0.3]])
    reference_says = torch.tensor([[-0.6, -0.4, -1.5, -0.9, -0.5]])
    shaped = rewards.shaped_rewards(
        torch.tensor([1.5]), policy_says, reference_says, torch.ones(1, 5, dtype=torch.bool), kl_coef=0.5
    )
    plt.figure(figsize=(6, 3))
    plt.bar(["mayor", "opens", "bridge", "in", "<eos>"], shaped[0])
    plt.axhline(0, color="black", linewidth=0.8)
    plt.title("Rewards of one summary with score 1.5")
    plt.show()

# %% [markdown]
# ## Which token earned the score?
#
# There is one score for eleven tokens: which of them earned it? A *value function* $V$ predicts at each token the
# reward that is still to come. The **advantage** of a token says how much better the result is than predicted.
# Generalised advantage estimation uses $\lambda$ to choose between two extremes: use the prediction after one
# token, or wait for the end.
#
# **Your turn:** `masked_mean`, `masked_whiten`, `gae` in `advantages.py`. In this example there is one reward of 1
# at the end, and the value function always predicts 0.3. How far back does the difference reach?

# %%
with unless_todo():
    reward = torch.zeros(1, 10)
    reward[0, -1] = 1.0
    lines = {}
    for gae_lambda in (0.0, 0.5, 0.95, 1.0):
        surprise, _ = advantages.gae(
            reward, torch.full((1, 10), 0.3), torch.ones(1, 10, dtype=torch.bool), 1.0, gae_lambda
        )
        lines[f"lambda {gae_lambda:g}"] = surprise[0].tolist()
    show(Curve("Advantages", "token", "", [float(i) for i in range(1, 11)], lines))

# %% [markdown]
# ## PPO: several small steps
#
# Drawing summaries is expensive, so we want more than one update from each batch. But after the first update, the
# policy is no longer the one that drew them. PPO weights each token by the ratio $\rho = \pi_\theta /
# \pi_\text{old}$. Its gradient is zero when $\rho$ has left $[1 - \varepsilon, 1 + \varepsilon]$ in the direction
# of more reward.
#
# **Your turn:** `clipped_surrogate_loss` and `clipped_value_loss` in `ppo.py`. Where the curve is flat, there is
# no gradient. Why is it flat on one side only?

# %%
ratio = torch.linspace(0.5, 1.5, 101)
yes = torch.ones(1, 1, dtype=torch.bool)
with unless_todo():
    lines = {
        f"advantage {a:+d}": [
            ppo.clipped_surrogate_loss(
                r.log().view(1, 1), torch.zeros(1, 1), torch.full((1, 1), float(a)), yes, 0.2
            ).item()
            for r in ratio
        ]
        for a in (1, -1)
    }
    show(Curve("clipped_surrogate_loss, clip at 0.2", "ratio", "loss of one token", ratio.tolist(), lines))

# %% [markdown]
# Check your code. The weights are TODO until you run the training cell below.

# %%
grader.check("q4c")

# %% [markdown]
# ## Train
#
# This cell does the same as `make train Q=q4`: a small T5 is warmed up, the simulated readers compare 1500 pairs of
# its summaries, and a reward model learns from their answers. Then three runs start: PPO, REINFORCE, and PPO
# *without* a price for leaving the reference. An interrupted run continues where it stopped. The weights go to
# `student/artifacts/`.

# %%
q4 = trained("q4", PRESET, DEVICE)

# %% [markdown]
# The first two stages: the cross-entropy of the warm-up, then the share of pairs for which the reward model agrees
# with the reader. (The readers are noisy, so no model can reach 1.)

# %%
show_found(q4, "warm up loss", "reward model agreement")

# %% [markdown]
# The third stage. Left: the score of the reward model, which training sees. Right: the utility, which only the
# readers know. Compare the three runs in *both* plots. What has the run without a price learnt?

# %%
show_found(q4, "score", "utility")

# %%
show_found(q4, "kl", "rouge l")

# %% [markdown]
# On new articles: what the summaries are worth, before and after the feedback.

# %%
print_found(q4, "utility_before", "utility", "rouge_before", "rouge", "kl")

# %%
show_found(q4, "Summaries by their worth")

# %%
print_found(q4, "summaries")

# %% [markdown]
# Read a few of them. What does the policy no longer do? And what does it do now that few of the references do?

# %%
grader.check("q4c")

# %% [markdown]
# # 5. Homework process
#
# In `student/answers.toml`, write which sources you used (`q5_sources`), with whom you worked
# (`q5_collaborators`), and about how many hours it took in total (`q5_hours`). "none" is a valid answer for the
# first two. Also put your `names` and `student_ids` at the top.

# %%
grader.check("q5")

# %% [markdown]
# # Hand in
#
# The last cell runs all public tests and writes `submission_log.json` into the homework's folder. This file
# contains your code, answers and weights. The cell says what is still missing. You can run it as often as you
# like; older files are kept under another name. `make submit` does the same.

# %%
submit()

# %% [markdown]
# **Upload `submission_log.json` to Gradescope, "Homework 12 (Code) (RLHF)"** (or `submission.zip`, if the
# cell says so). On Colab, find it in the files panel on the left and download it first. Questions 1 to 3,
# from `hw12_diffusion` and `hw12_early_exit`, go to "Homework 12 (Code)": the log contains your work from all
# three. Your answers on paper go into your written part.
