# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Early exit for TinyML
#
# **Homework 12, question 3.** A deep network spends the same work on every input. But some inputs are easy: a
# few layers are enough to classify them. *Early exit* adds small classifiers after some of the layers, and an
# input leaves at the first classifier that is sure of it. On a microcontroller this saves energy and time. The
# goal is to save work without making more mistakes.
#
# Part (a) is a toy model on paper. Part (b) is a real network: a residual network on warped digits, with four
# exits.

# %% [markdown]
# ## How to work with this notebook
#
# * Your code goes into files: `student/early_exit/partial_sums.py`, `resnet.py`, `loss.py`, `inference.py`
#   and `macs.py`. Open them in an editor beside the notebook. A change takes effect when you save the file; you
#   do not need to restart.
# * If a cell needs a function that you have not written yet, it prints a line that starts with `TODO`, and the
#   notebook continues.
# * `grader.check("q3a")` runs the tests of part 3(a) on what is *saved* on disk.
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

from student.early_exit import inference, loss, macs, partial_sums, resnet
from student.given.data import warped_digits
from student.given.notebook import (
    checks,
    print_found,
    show_found,
    show_images,
    submit,
    trained,
    unless_todo,
)

torch.set_num_threads(1)  # like `make train`: these networks are small
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
PRESET = "quick"  # a minute or two on a laptop; "full" is meant for a GPU
grader = otter.Notebook(tests_dir=checks())
print(f"device: {DEVICE}, preset: {PRESET}, homework: {homework[0].name}")

# %% [markdown]
# # (a) A toy model
#
# Think of one number that a network computes layer by layer. Each layer adds a term, and the terms of later
# layers become smaller and smaller. The sign of the final number is the prediction.
#
# $$ Y = X_1 + X_2 + X_3 + \cdots, \qquad Y_k = X_1 + \cdots + X_k, \qquad X_i \sim \mathcal N(0, 2^{-i}) $$
#
# with independent $X_i$; $2^{-i}$ is the variance. The plot shows the partial sums of thirty such numbers:

# %%
generator = torch.Generator().manual_seed(0)
deviations = torch.tensor([2.0 ** (-i / 2) for i in range(1, 21)])
walks = (torch.randn(30, 20, generator=generator) * deviations).cumsum(dim=1)
plt.figure(figsize=(6, 3.5))
plt.plot(range(1, 21), walks.T, color="C0", alpha=0.5, linewidth=0.8)
plt.axhline(0, color="black", linewidth=0.8)
plt.xlabel("k, terms so far")
plt.ylabel("partial sum")
plt.show()

# %% [markdown]
# After a few terms the lines hardly move. A line far from 0 will not cross 0 any more. A line close to 0 can
# still cross it, but this becomes less and less likely. If you only know $Y_k = M$, how sure can you be of the
# sign of $Y$?

# %% [markdown]
# **On paper, 3(a) i.** Calculate $P(Y \le 0 \mid Y_k = M)$ in terms of $\Phi$, the cumulative
# distribution function of the standard normal distribution. (Given $Y_k = M$, what is still to be added, and
# what is its distribution?)
#
# **Your turn**, in `student/early_exit/partial_sums.py`: `remaining_variance`,
# `geometric_remaining_variance`, `probability_nonpositive`, `log_probability_nonpositive`. The dots come from
# an experiment that does not use $\Phi$: 20 000 sums that continue from $M$.

# %%
M = torch.linspace(-2, 2, 41)
with unless_todo():
    for k, colour in ((1, "C0"), (3, "C1"), (6, "C2")):
        yours = partial_sums.probability_nonpositive(M, partial_sums.geometric_remaining_variance(k))
        plt.plot(M, yours, color=colour, label=f"k = {k}")
        rest = torch.randn(20_000, 40, generator=generator)
        rest = (rest * torch.tensor([2.0 ** (-i / 2) for i in range(k + 1, k + 41)])).sum(dim=1)
        plt.plot(M[::4], [(m + rest <= 0).float().mean() for m in M[::4]], "o", color=colour, markersize=4)
    plt.xlabel("M, the known partial sum")
    plt.ylabel("probability that Y is not positive")
    plt.legend()
    plt.show()

# %% [markdown]
# **On paper, 3(a) ii.** Calculate $P(Y \le 0 \mid Y_1 = 5)$. Only one number has been drawn. Why are we
# still almost sure that the sum will not end below 0?
#
# **On paper, 3(a) iii.** Calculate $P(Y \le 0 \mid Y_{40} = 0.00001)$. The sum is very close to 0. Why are we
# still very sure after 40 terms?
#
# Both are $\Phi(z)$ for some $z$. Write the two $z$ into `student/answers.toml`, `q3a_ii` and `q3a_iii`. Your
# functions say how small the probabilities are (a careless $1 - \Phi$ would return 0 for both of them):

# %%
with unless_todo():
    for k, seen in ((1, 5.0), (40, 1e-5)):
        rest = partial_sums.geometric_remaining_variance(k)
        small = partial_sums.probability_nonpositive(seen, rest).item()
        logarithm = partial_sums.log_probability_nonpositive(seen, rest).item()
        print(f"sum {seen:g} after {k:2} terms: probability {small:.3g}, its logarithm {logarithm:.4g}")

# %% [markdown]
# **On paper, 3(a) iv.** How does this relate to early exit? What in a network corresponds to $M$, and what
# corresponds to the remaining variance?

# %%
grader.check("q3a")

# %% [markdown]
# # (b) A network with four exits
#
# ## The images
#
# The images are digits that are rotated, scaled and shifted a little, and covered with noise. The amount of
# noise differs from image to image, so some images are easy and some are almost unreadable. Early exit works
# because of these differences.

# %%
images, labels = warped_digits.warped_digits(40, seed=1)  # Float[40, 1, 32, 32], Long[40]
easiest = images.diff(dim=-1).abs().mean(dim=(1, 2, 3)).argsort()  # little noise first
show_images(images[easiest], "Forty images, from little noise to much")

# %% [markdown]
# ## The network
#
# ```
# image -> stem -> stage 1 -> stage 2 -> stage 3 -> stage 4 -> head 4
#                     |          |          |
#                  head 1     head 2     head 3
# ```
#
# Each stage is two *basic blocks* (two convolutions with a shortcut around them). From the second stage on,
# each stage halves the image and doubles the channels. Each head is a small classifier and a possible exit.
# Training uses all of the heads.
#
# **Your turn:** the two `forward` functions in `resnet.py`. The layers are built for you.

# %%
network = resnet.EarlyExitResNet(num_classes=10, width=4, in_channels=1, exits=(1, 2, 3)).eval()
with unless_todo(), torch.no_grad():
    exit_logits = network(images)
    print(f"logits of all exits: {list(exit_logits.shape)}, that is [exits, images, classes]")

# %% [markdown]
# ## The loss
#
# Every exit should be a good classifier by itself, so all of them are trained at once: the loss is a weighted
# sum of their cross-entropies,
#
# $$ L = \sum_{i} w_i\, \mathrm{CE}_i. $$
#
# The weights $w_i$ are a choice. What do we gain, and what do we lose, if the first exit gets most of the weight?
#
# **Your turn:** `early_exit_loss` in `loss.py`. An untrained network guesses; each exit should cost about
# $\ln 10 \approx 2.3$ nats:

# %%
with unless_todo(), torch.no_grad():
    exit_logits = network(images)
    for i in range(4):
        alone = [1.0 if i == j else 0.0 for j in range(4)]
        print(f"exit {i + 1} alone: {loss.early_exit_loss(exit_logits, labels, alone).item():.2f} nats")

# %% [markdown]
# ## When to leave
#
# A classifier gives a probability to each class. Is it *sure*? If one class has almost all of the probability,
# the entropy
#
# $$ H(p) = -\sum_c p_c \log p_c $$
#
# is small; if all classes have the same probability, it has its maximum. An input leaves at the first exit
# where its entropy is below a threshold, the *tolerance*. At the last exit every input leaves.
#
# **Your turn:** `entropy` and `exit_index` in `inference.py`.

# %%
with unless_todo():
    logits = torch.zeros(3, 10)
    logits[1, 3], logits[1, 8] = 2.5, 2.0
    logits[2, 3] = 7.0
    nats = inference.entropy(logits)
    figure, axes = plt.subplots(1, 3, figsize=(11, 2.5), sharey=True)
    for panel, p, value in zip(axes, logits.softmax(dim=1), nats, strict=True):
        panel.bar(range(10), p)
        panel.set_title(f"entropy {value:.2f} nats")
        panel.set_xlabel("class")
    plt.show()

# %% [markdown]
# Here are three inputs and four exits. Read each column from top to bottom and say where that input leaves. Does
# your function agree?

# %%
entropies = torch.tensor([[0.1, 1.2, 2.0], [0.1, 0.3, 1.9], [0.0, 0.4, 1.5], [0.0, 0.1, 1.1]])
print(entropies)
with unless_todo():
    for threshold in (0.05, 0.2, 0.5):
        leave = inference.exit_index(entropies, threshold).tolist()
        print(f"tolerance {threshold}: the inputs leave at exits {[i + 1 for i in leave]}")

# %% [markdown]
# If we compute all exits first and then choose one, we save nothing. **Your turn:** `infer` really stops: after
# each head, the inputs that the head is sure of leave the batch, and the next stage only gets the others. It
# must give each input the same answer as `exit_index` on all exits, for every composition of the batch:

# %%
with unless_todo(), torch.no_grad():
    threshold = inference.entropy(network(images))[0].median().item()  # half of them leave at the first exit
    all_exits = network(images)
    expected = inference.exit_index(inference.entropy(all_exits), threshold)
    answers, left_at = inference.infer(network, images, threshold)
    print(f"leave at each exit: {left_at.bincount(minlength=4).tolist()} of {len(images)} images")
    print(f"the same as with all exits: {bool((left_at == expected).all())}")

# %% [markdown]
# ## What it costs
#
# We count the cost of an inference in MACs, *multiply-accumulate* operations: one multiplication, and one
# addition to a running sum. This number does not depend on the machine. Convolutions and linear layers need
# almost all of the MACs.
#
# **Your turn**, in `macs.py`: `conv2d_macs` for one layer, `exit_macs` for an image that leaves at each exit,
# and `mac_ratio`, the cost of the baseline divided by the mean cost of the inputs.

# %%
with unless_todo():
    prices = macs.exit_macs(network, (1, 32, 32)).tolist()
    plt.figure(figsize=(6, 3))
    plt.bar([f"exit {i}" for i in range(1, 5)], [price / 1e6 for price in prices])
    plt.ylabel("million MACs per image")
    plt.show()

# %% [markdown]
# Then write `threshold_sweep`, which gives accuracy and MAC ratio at many tolerances from one pass over the data,
# and `best_threshold`, which you will need in part vi.
#
# Check your code. The weights and the numbers of parts i to vi are TODO until training has run.

# %%
grader.check("q3b")

# %% [markdown]
# ## Train
#
# This cell does the same as `make train Q=q3`. It starts with a small **search over hyper-parameters** (six short
# runs: three learning rates, two weightings of the loss). Then it trains three networks with the best setting:
#
# * the **baseline**: the same network with the last exit only,
# * the **early-exit** network,
# * a **small** network with half the blocks and no early exits. It is the fair competitor: why not simply build
#   a smaller network?
#
# An interrupted run continues where it stopped, and a finished run is not repeated. The weights go to
# `student/artifacts/`, and the numbers of parts i to vi are written into `student/answers.toml` automatically. In
# the meantime, you can work on part (a) on paper.

# %%
q3 = trained("q3", PRESET, DEVICE)

# %%
show_found(q3, "baseline loss", "early exit loss", "small loss")

# %% [markdown]
# ## i. How does the baseline do on the validation set?

# %%
print_found(q3, "baseline_accuracy")

# %% [markdown]
# ## ii. What is the validation accuracy of the early-exit model?
#
# For `full_accuracy`, no input leaves early. `accuracy` is the accuracy at `tolerance`, the largest tolerance
# that loses less than one percentage point of accuracy.

# %%
print_found(q3, "full_accuracy", "tolerance", "accuracy")

# %% [markdown]
# ## iii. How often does the model exit early, and how confident is it?
#
# Here are the shares of the images that leave at each exit, and the mean confidence (the largest probability) of
# images that leave early and of images that go through the whole network. **On paper, 3(b) iii.** Is that what
# you expected? Which images go through the whole network?

# %%
print_found(q3, *(f"exit_{i}_share" for i in range(1, 5)), "early_confidence", "late_confidence")

# %%
show_found(q3, "Easiest images at each exit", "Hardest images at each exit")

# %% [markdown]
# ## iv. What is the MAC ratio, and where does it jump?
#
# The ratio is the baseline's MACs divided by the MACs that early exit spends. Sweep the tolerance and look at
# both curves: can you find a threshold with a spike in change? `spike_tolerance` is the tolerance with the
# largest increase of the ratio from the tolerance before. **On paper, 3(b) iv.** What happens there?

# %%
show_found(q3, "MAC ratio over the tolerance", "Accuracy over the tolerance")

# %%
print_found(q3, "mac_ratio", "spike_tolerance")

# %% [markdown]
# MACs are not seconds. This plot shows how much wall-clock time some tolerances save on this machine. **On
# paper**, if you like: why do the two lines differ?

# %%
show_found(q3, "Wall clock against MACs")

# %% [markdown]
# ## v. What is the validation accuracy of the smaller network?
#
# For comparison, the cell also prints how much cheaper it is than the baseline.

# %%
print_found(q3, "small_accuracy", "small_mac_ratio")

# %% [markdown]
# ## vi. Up to which threshold is early exit better than the small network?
#
# The handout asks for the threshold at which early exit still beats the small network. People often ask for the
# minimum. For an entropy tolerance the smallest one says nothing (at 0 no input leaves early, and the whole
# network runs). So look for the *largest* tolerance that still beats the small network: the cheapest setting
# that is useful. Find it in the curve above first.

# %%
print_found(q3, "beating_tolerance")

# %% [markdown]
# ## Your search over hyper-parameters
#
# The next cell prints the table of the six runs. **Report what you found**, in your own words, in
# `student/answers.toml` under `q3b_search`: which setting mattered, which did not, and by how much? To try more
# settings, pass them to `trained`, for example
# `trained("q3", learning_rates=(0.01, 0.02), later_weights=(0.5,))`; they replace those of the run above.

# %%
print_found(q3, "search")

# %%
grader.check("q3b")

# %% [markdown]
# # Hand in
#
# The last cell runs all public tests and writes `submission_log.json` into the homework's folder. This file
# contains your code, answers and weights. The cell says what is still missing. You can run it as often as you
# like; older files are kept under another name. `make submit` does the same.

# %%
submit()

# %% [markdown]
# **Upload `submission_log.json` to Gradescope, "Homework 12 (Code)"** (or `submission.zip`, if the cell says
# so). On Colab, find it in the files panel on the left and download it first. The other notebooks are
# `hw12_diffusion` and `hw12_rlhf`; the log contains your work from all of them. Your answers on paper go
# into your written part.
