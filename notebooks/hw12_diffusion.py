# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Denoising diffusion
#
# **Homework 12, questions 1 and 2.** A diffusion model learns to generate images by learning to remove noise.
# The forward process adds a little noise to an image at each step, until nothing of the image is left. This
# direction needs no learning. A network then learns to undo *one small step*. If it can undo every small step,
# it can start from pure noise and end with a new image.
#
# You build this twice on handwritten digits: with coin flips (question 1), where everything can be calculated
# on paper, and with Gaussian noise (question 2), as in the large image models.

# %% [markdown]
# ## How to work with this notebook
#
# * Your code goes into files: `student/diffusion/binary.py`, `schedules.py`, `gaussian.py` and `samplers.py`.
#   Open them in an editor beside the notebook. A change takes effect when you save the file; you do not need
#   to restart.
# * If a cell needs a function that you have not written yet, it prints a line that starts with `TODO`, and the
#   notebook continues.
# * `grader.check("q1a")` runs the tests of part 1(a) on what is *saved* on disk.
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

from student.diffusion import binary, gaussian, samplers, schedules
from student.given.data import digits
from student.given.experiments import Curve
from student.given.notebook import (
    checks,
    picture,
    print_found,
    show,
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
# # 1. Diffusion with coin flips
#
# An image is a vector of $m$ pixels, each $+1$ (ink) or $-1$ (paper). Ours are handwritten digits of 8 by 8
# pixels; ink is white in the pictures.

# %%
y_0 = digits.binarised_digits("train")[:8]  # Float[8, 64]
show_images(y_0, "Eight images: what the model should learn to generate", columns=8)

# %% [markdown]
# ## 1.1 Adding noise to an image: the forward process
#
# Start with an image, $Y_0 = x$. From stage $t-1$ to stage $t$, each pixel changes its sign with a small
# probability $\delta$, independently of the other pixels:
#
# $$
# Y_t[j] = \begin{cases} -Y_{t-1}[j] & \text{with probability } \delta, \\ \phantom{-}Y_{t-1}[j] & \text{otherwise.}
# \end{cases}
# $$
#
# **Your turn:** `flip_step` in `student/diffusion/binary.py`. The picture shows how eight digits change, with
# ten steps from one row to the next.

# %%
delta = 0.03
generator = torch.Generator().manual_seed(0)
with unless_todo():
    y, rows = y_0, [y_0]
    for t in range(1, 51):
        y = binary.flip_step(y, delta, generator)
        if t % 10 == 0:
            rows.append(y)
    show_images(torch.stack(rows), "Y_t at t = 0, 10, 20, 30, 40, 50, from top to bottom", columns=8)

# %% [markdown]
# The last row looks like noise. Does it look like *fair coins*, for every digit? This is question 1(a), and it
# is easier to answer with other coins.

# %% [markdown]
# ## 1.2 The same process, described with other coins
#
# For each pixel, flip a first coin $R_t[j]$ that shows $+1$ with probability $2\delta$. If it shows $+1$,
# replace the pixel by a *new fair coin* $F_t[j]$; if not, do not change the pixel. A pixel that has been
# replaced even once contains no information about the image.
#
# **Your turn:** `replace_step`. Both functions should change about the same share of the pixels in one step:

# %%
many = torch.ones(1, 100_000)
with unless_todo():
    for step in (binary.flip_step, binary.replace_step):
        changed = (step(many, delta, generator) != many).float().mean().item()
        print(f"{step.__name__:14} changes {changed:.4f} of the pixels; delta is {delta}")

# %% [markdown]
# **On paper, 1(a).** Show that the probability that a pixel has been replaced by a fair coin at least once by
# time $T$ goes to 1 as $T \to \infty$. What does that say about the distribution of $Y_T$? (Look at the
# opposite event: what must happen, step after step, so that a pixel is *never* replaced?)

# %% [markdown]
# **Your turn:** `replacement_probability` and `steps_to_mix` turn your proof into numbers. The dots come from
# an experiment that uses no formula: it flips the first coin of 20 000 pixels again and again, and counts the
# replaced pixels.

# %%
counted, replaced = [], torch.zeros(20_000, dtype=torch.bool)
for _ in range(100):
    replaced |= torch.rand(20_000, generator=generator) < 2 * delta
    counted.append(replaced.float().mean().item())
with unless_todo():
    yours = [binary.replacement_probability(t, delta).item() for t in range(1, 101)]
    plt.figure(figsize=(6, 3.5))
    plt.plot(range(1, 101), counted, ".", label="counted")
    plt.plot(range(1, 101), yours, label="replacement_probability")
    plt.xlabel("steps")
    plt.ylabel("share of pixels replaced")
    plt.legend()
    plt.show()

# %%
with unless_todo():
    deltas, tolerances = (0.01, 0.03, 0.1), (1e-2, 1e-6, 1e-12)
    steps = [[binary.steps_to_mix(d, tolerance) for d in deltas] for tolerance in tolerances]
    print(f"unreplaced at most   {'':6}" + "".join(f"delta {d:<8}" for d in deltas))
    for tolerance, row in zip(tolerances, steps, strict=True):
        print(f"{tolerance:18.0e}   {'steps':6}" + "".join(f"{count:<14}" for count in row))

# %%
grader.check("q1a")

# %% [markdown]
# ## 1.3 Straight to time t
#
# Training needs $Y_t$ at a random $t$, thousands of times. It would be a waste to compute every step.
#
# **On paper, 1(b).** Give a procedure that draws $Y_t$ given $Y_0$ without drawing $Y_1, \dots, Y_{t-1}$. Two
# coins for each pixel are enough. (Which part of the history of a pixel matters for its value at time $t$?)
#
# **Your turn:** `q_sample`. To compare the walk with the jump, we average 2000 runs from one digit at each of
# four times. Where the process has forgotten the digit, the average is gray.

# %%
times = [5, 15, 30, 60]
copies = y_0[:1].repeat(2000, 1)
with unless_todo():
    y, walked = copies, []
    for t in range(1, max(times) + 1):
        y = binary.flip_step(y, delta, generator)
        if t in times:
            walked.append(y.mean(dim=0))
    jumped = [binary.q_sample(copies, t, delta, generator).mean(dim=0) for t in times]
    show(
        picture(torch.stack(walked), f"walked to t = {times}", columns=4),
        picture(torch.stack(jumped), "jumped there", columns=4),
    )

# %%
grader.check("q1b")

# %% [markdown]
# ## 1.4 From a real number to a coin
#
# The network takes a noisy image and returns one real number for each pixel, anywhere from $-\infty$ to
# $+\infty$. We need the probability that the pixel was $+1$ one step before.
#
# **1(c).** Which activation turns this number into a probability: the sigmoid, or
# $\mathrm{ReLU}(x) = \max(0, x)$? Which conditions must a number satisfy to be a probability? Write your choice
# into `student/answers.toml`, under `q1c`. (The check below only tests that you chose one of them. Grading
# tells you whether your choice is right.)

# %%
grader.check("q1c")

# %% [markdown]
# ## 1.5 The target of the network: the posterior
#
# We would like to know $P(Y_{t-1} \mid Y_t)$, which says how to undo one step. But it depends on all the images
# in the world. During training we know more: the clean image $x$ that we started from. With it the question
# becomes easy, pixel by pixel, and the answer is the target of the network:
#
# $$ P(Y_{t-1}[j] = +1 \mid Y_t[j] = y,\; Y_0[j] = x). $$
#
# **On paper, 1(d).** Work it out for the four cases of $(y, x)$. The three variables form a chain, $Y_0 \to
# Y_{t-1} \to Y_t$: given $Y_{t-1}$, the last step does not depend on $Y_0$. Then use Bayes' rule.
# (First: what is the distribution of $Y_{t-1}[j]$ given $Y_0[j]$ alone?)

# %% [markdown]
# **Your turn:** `posterior`. The picture shows the four cases over time. What happens at $t = 1$, and why?
# Which two cases are mirror images of the other two? Where do the curves go for large $t$, and what has the
# process forgotten by then?

# %%
with unless_todo():
    pixel, steps = torch.ones(1, 1), range(1, 61)
    cases = {
        f"y = {y:+d}, x = {x:+d}": [binary.posterior(y * pixel, x * pixel, t, delta).item() for t in steps]
        for y in (1, -1)
        for x in (1, -1)
    }
    show(Curve("Your posterior", "t", "probability of +1 at t - 1", [float(t) for t in steps], cases))

# %% [markdown]
# You can check the formula by an experiment. Let half a million pixels that start at $x = +1$ take the step
# from 4 to 5. Among the pixels that show $y$ at $t = 5$, count how many showed $+1$ just before:

# %%
t, start = 5, torch.ones(1, 500_000)
with unless_todo():
    before = start
    for _ in range(t - 1):
        before = binary.flip_step(before, delta, generator)
    after = binary.flip_step(before, delta, generator)
    for y in (1, -1):
        counted = (before[after == y] == 1).float().mean().item()
        yours = binary.posterior(y * torch.ones(1, 1), torch.ones(1, 1), t, delta).item()
        print(f"y = {y:+d}: counted {counted:.4f}, your posterior {yours:.4f}")

# %%
grader.check("q1d")

# %% [markdown]
# ## 1.6 The loss
#
# The network gives a coin for each pixel, $Q_t(Y_t)$; the posterior is also a coin for each pixel. The
# Kullback-Leibler divergence measures how far they are from each other:
#
# $$ D_{KL}(P \,\|\, Q) = \sum_v P(v) \log \frac{P(v)}{Q(v)}, $$
#
# It is 0 if the two are equal, and positive otherwise. Coins of different pixels are independent, so the
# divergence of the whole image is the sum over its pixels.
#
# **Your turn:** `kl_loss`. It takes logits, which are the real numbers *before* the activation of 1(c). So it
# stays finite where a probability would round to 0 or 1.

# %%
logits = torch.linspace(-8, 8, 81)
with unless_todo():
    lines = {
        f"target {p:g}": [binary.kl_loss(z.view(1, 1), torch.tensor([[p]])).item() for z in logits]
        for p in (0.05, 0.5, 0.95, 1.0)
    }
    show(Curve("kl_loss of one pixel", "logit of the network", "nats", logits.tolist(), lines))

# %% [markdown]
# **On paper, 1(e).** Look at the curves, and at the definition. What does this loss penalise most strongly?
# And what does it look like at $t = 1$ in particular? (What does your posterior say there?)

# %% [markdown]
# ## 1.7 Training and drawing
#
# One step of training: draw an image, draw a time $t$ from $1..T$, jump to $Y_t$, run the network, and compare
# its coins with the posterior. This is `training_loss`, and you have all its parts.
#
# To draw a new image, run time backwards: start from $m$ fair coins, $Y_T$, and at each step *flip* the
# network's coins to get $Y_{t-1}$. One step is `ancestral_step`; all steps are `ancestral_sample`, in
# `student/diffusion/samplers.py`.
#
# Here is a model that needs no training. Suppose that there is only one image in the world. Then your
# posterior *is* the perfect network. Does it find the image in pure noise?

# %%
only = y_0[3:4]


def perfect(y_t, t):
    """The logits of the posterior if every image is `only`."""
    return binary.posterior(y_t, only.expand_as(y_t), t, delta).logit(eps=1e-6)


with unless_todo():
    chain = samplers.ancestral_sample(perfect, (3, 64), 60, generator, return_all=True)
    moments = chain[[0, 15, 30, 40, 50, 55, 58, 60]].transpose(0, 1)  # (3, 8, 64)
    show_images(moments, "Three chains, from coins (left) to the image (right)", columns=8)

# %% [markdown]
# How good is a model? If it predicts pixels well, they can be stored in few bits. A fair coin costs 1 bit per
# pixel, and a pixel that the model predicts well costs almost nothing. `bits_per_pixel` adds up the cost of all
# $T$ steps and the cost of what is left of the image at the end; its docstring has the sum.
#
# **Your turn:** `training_loss`, `ancestral_step`, `ancestral_sample`, `bits_per_pixel`. Then run the check.
# The weights are TODO until you run the training cell below.

# %%
grader.check("q1e")

# %% [markdown]
# Now train. `make train Q=q1` does the same. An interrupted run continues where it stopped, and a finished run
# is not repeated. The weights go to `student/artifacts/`, and they are part of what you hand in. This is a good
# moment to write down 1(a) to (e).

# %%
q1 = trained("q1", PRESET, DEVICE)

# %%
show_found(q1, "loss", "Samples over diffusion time")

# %%
show_found(q1, "Samples")

# %% [markdown]
# Results on test digits that training has not seen:
#
# * `bits_per_pixel` is for your model. `bits_independent` is for a model that only knows how often each pixel
#   is ink. Fair coins need 1 bit per pixel.
# * `agreement` is the share of samples on which two different classifiers give the same digit. They often
#   disagree about a blurred mixture of two digits. `agreement_real` is the share on real test digits, and
#   `agreement_independent` is the share on images whose pixels are drawn one by one.

# %%
print_found(q1, "bits_per_pixel", "bits_independent", "agreement", "agreement_real", "agreement_independent")

# %%
grader.check("q1e")

# %% [markdown]
# # 2. Diffusion with Gaussian noise
#
# Pixels are now real numbers from $-1$ to $1$, and the noise is Gaussian. The plan is the same: add noise in
# small steps, and learn to undo one step. But there is a second way to look at it.
#
# A VAE or a GAN sends images through a bottleneck $z$. We can also describe a distribution $p(x)$ by its
# **score**, $\nabla_x \log p(x)$. At each point of image space, the score is a vector that points to where
# images become more likely. Noise moves an image away from the likely images. If we know the noise, we also
# know the direction back.

# %% [markdown]
# ## 2.1 The forward process
#
# $$ q(x_t \mid x_{t-1}) = \mathcal N\!\left(x_t;\ \sqrt{1 - \beta_t}\, x_{t-1},\ \beta_t I\right), \quad t = 1..T. $$
#
# Each step shrinks the image a little and adds a little noise, so the variance does not grow without limit. The
# *schedule* $\beta_1, \dots, \beta_T$ says how much noise each step adds.
#
# **Your turn:** `linear_betas` and `cosine_betas` in `student/diffusion/schedules.py` (their docstrings have
# the formulas), and `cumulative_alphas`: how much of the variance of the clean image is left at time $t$. The
# handout calls it $\bar\alpha_t$, the code `alphas_cumprod`. (Some papers write $\alpha_t$, without the bar.)

# %%
T = 100
with unless_todo():
    betas = {"linear": schedules.linear_betas(T), "cosine": schedules.cosine_betas(T)}
    left = {name: schedules.cumulative_alphas(beta) for name, beta in betas.items()}
    t = [float(i) for i in range(T + 1)]
    show(
        Curve("Noise added at each step", "t", "beta", t, {n: b.tolist() for n, b in betas.items()}),
        Curve("Signal left", "t", "alphas_cumprod", t, {n: a.tolist() for n, a in left.items()}),
    )

# %% [markdown]
# **Your turn:** `forward_step` in `student/diffusion/gaussian.py`. The picture again shows how eight digits
# change, with 20 steps from one row to the next.

# %%
x_0 = digits.scaled_digits("train")[:8]
with unless_todo():
    beta = schedules.linear_betas(T)
    x, rows = x_0, [x_0]
    for t in range(1, T + 1):
        x = gaussian.forward_step(x, t, beta, torch.randn(x.shape, generator=generator))
        if t % 20 == 0:
            rows.append(x)
    show_images(torch.stack(rows), "x_t at t = 0, 20, 40, 60, 80, 100, from top to bottom", columns=8)

# %% [markdown]
# ## 2.2 Straight to time t, again
#
# **On paper, 2(a).** Show that the distribution of $x_t$ given $x_0$ has a closed form,
#
# $$ q(x_t \mid x_0) = \mathcal N\!\left(x_t;\ \sqrt{\bar\alpha_t}\, x_0,\ (1 - \bar\alpha_t) I\right), $$
#
# and say what $\bar\alpha_t$ is in terms of the $\beta$s. (Write $x_2$ in terms of $x_0$. What is the
# distribution of the sum of two independent normal noises?)
#
# **Your turn:** `q_sample`. We follow one pixel, $x_0 = 0.8$, in 20 000 runs, once step by step and once with
# a jump. The two histograms should agree.

# %%
start, moments = torch.full((20_000, 1), 0.8), [5, 20, 60, 100]
with unless_todo():
    beta = schedules.linear_betas(T)
    alpha = schedules.cumulative_alphas(beta)
    figure, axes = plt.subplots(1, 4, figsize=(12, 2.8), sharex=True, sharey=True)
    x, place = start, iter(axes)
    for t in range(1, T + 1):
        x = gaussian.forward_step(x, t, beta, torch.randn(x.shape, generator=generator))
        if t in moments:
            jumped = gaussian.q_sample(start, t, alpha, torch.randn(x.shape, generator=generator))
            panel = next(place)
            panel.hist(x.flatten().numpy(), 60, range=(-3, 3), density=True, alpha=0.5, label="walked")
            panel.hist(
                jumped.flatten().numpy(), 60, range=(-3, 3), density=True, histtype="step", label="jumped"
            )
            panel.set_title(f"t = {t}")
    axes[0].legend()
    plt.show()

# %% [markdown]
# **On paper, 2(a), continued.** Why is $x_T$ an isotropic Gaussian in the limit $T \to \infty$? `prior_kl`
# measures the distance that is left: $D_{KL}(q(x_t \mid x_0) \,\|\, \mathcal N(0, I))$. A sampler starts from
# $\mathcal N(0, I)$, so this is the error of its starting point.

# %%
with unless_todo():
    ends = range(1, T + 1)
    kl = {}
    for name, beta in {"linear": schedules.linear_betas(T), "cosine": schedules.cosine_betas(T)}.items():
        alpha = schedules.cumulative_alphas(beta)
        kl[name] = [gaussian.prior_kl(x_0[:1], alpha[: t + 1]).item() for t in ends]
    plt.figure(figsize=(6, 3.5))
    for name, values in kl.items():
        plt.semilogy(ends, values, label=name)
    plt.xlabel("t, if the process stops there")
    plt.ylabel("divergence from pure noise in nats, one digit")
    plt.legend()
    plt.show()

# %%
grader.check("q2a")

# %% [markdown]
# ## 2.3 Back by one step
#
# As in question 1, the true reverse step, $q(x_{t-1} \mid x_t)$, depends on every image in the world. Given
# $x_0$, it does not.
#
# **On paper, 2(b).** Show that $q(x_{t-1} \mid x_t, x_0) = \mathcal N(x_{t-1};\ \mu(x_t, x_0),\ \hat\beta_t
# I)$, and give $\mu$ and $\hat\beta_t$. (Use Bayes' rule. As functions of $x_{t-1}$, which two normal
# densities are multiplied? What happens to their exponents?)
#
# **Your turn:** `posterior`. The picture compares an experiment with your formula: from $x_0 = 0.8$ we let a
# million pixels take the step from 9 to 10, keep those that end near $x_{10} = 0$, and look where they were
# before.

# %%
t, many = 10, torch.full((1_000_000, 1), 0.8)
with unless_todo():
    beta = schedules.linear_betas(T)
    alpha = schedules.cumulative_alphas(beta)
    before = gaussian.q_sample(many, t - 1, alpha, torch.randn(many.shape, generator=generator))
    after = gaussian.forward_step(before, t, beta, torch.randn(many.shape, generator=generator))
    kept = before[after.abs() < 0.01]
    mean, variance = gaussian.posterior(torch.zeros(1, 1), many[:1], t, beta, alpha)
    x = torch.linspace(-1, 2, 301)
    density = torch.distributions.Normal(mean.item(), variance.item() ** 0.5).log_prob(x).exp()
    plt.figure(figsize=(6, 3.5))
    plt.hist(
        before.flatten()[:50_000].numpy(), 100, range=(-1, 2), density=True, alpha=0.3, label="all, at t = 9"
    )
    plt.hist(kept.numpy(), 60, range=(-1, 2), density=True, alpha=0.5, label="pixels near 0 at t = 10")
    plt.plot(x, density, label="your posterior")
    plt.xlabel("pixel at t = 9")
    plt.legend()
    plt.show()

# %%
grader.check("q2b")

# %% [markdown]
# ## 2.4 Guess the noise
#
# When we sample, we do not know $x_0$. So a network must guess it. It could guess $x_0$ directly, but training
# works better if it guesses the noise $\epsilon$ that was added. The equation of `q_sample` connects $x_t$,
# $x_0$ and $\epsilon$, so a guess of $\epsilon$ gives a guess of $x_0$, and the other way round: `predict_x_0`
# and `predict_noise`.
#
# The loss is simple, the squared error of the guess at a random time:
#
# $$ L = \mathbb E_{x_0,\, t,\, \epsilon}\ \left\lVert \epsilon - \hat\epsilon(x_t, t) \right\rVert^2, $$
#
# here as a mean over the dimensions. The noise also gives the score: $\nabla_{x_t} \log q(x_t \mid x_0)$
# points in the direction opposite to the noise in $x_t$. So a network that knows the noise, on average over all
# images that can have led to $x_t$, knows the score.
#
# **Your turn:** `predict_x_0`, `predict_noise`, `noise_prediction_loss`.

# %% [markdown]
# ## 2.5 Two ways back: DDPM and DDIM
#
# **DDPM** puts the guess of $x_0$ into your posterior of 2(b) and *draws* from it. This is the learned reverse
# step $p_\theta(x_{t-1} \mid x_t)$. DDPM runs all $T$ steps, with new noise at each step.
#
# **DDIM** takes the two guesses, of $x_0$ and of the noise, and mixes them again in the proportion of an
# *earlier* time. With $\eta = 0$ nothing is drawn: the image is a function of the noise that it started from.
# And the earlier time need not be $t - 1$: DDIM can jump over several steps.
#
# **Your turn:** `ddpm_step` and `ddim_step`; then `strided_times`, `ddpm_sample` and `ddim_sample` in
# `samplers.py`.

# %% [markdown]
# Look at the difference in one dimension. Suppose that the data are two points, $x_0 = \pm 1$. Then we know
# the best guess without a network: the mean of $\pm 1$, weighted by how likely $x_t$ is from each.

# %%
with unless_todo():
    beta = schedules.linear_betas(T)
    alpha = schedules.cumulative_alphas(beta)

    def two_points(x_t, t):
        """The mean noise in x_t if the clean value is +1 or -1, each half of the time."""
        a = alpha[t].view(-1, 1).float()
        guess = torch.tanh(a.sqrt() * x_t / (1 - a))  # mean of x_0 given x_t
        return gaussian.predict_noise(x_t, guess, t, alpha)

    chains = {
        "DDPM: 100 steps, a draw at each": samplers.ddpm_sample(
            two_points, (25, 1), beta, generator=generator, return_all=True
        ),
        "DDIM: 100 steps, no draws": samplers.ddim_sample(
            two_points, (25, 1), beta, 100, generator=generator, return_all=True
        ),
        "DDIM: 10 steps": samplers.ddim_sample(
            two_points, (25, 1), beta, 10, generator=generator, return_all=True
        ),
    }
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.2), sharey=True)
    for panel, (title, chain) in zip(axes, chains.items(), strict=True):
        steps = torch.linspace(T, 0, len(chain))
        panel.plot(steps, chain[:, :, 0], color="C0", alpha=0.5, linewidth=0.8)
        panel.invert_xaxis()
        panel.set_xlabel("t, from noise to data")
        panel.set_title(title)
    plt.show()

# %% [markdown]
# Every path ends at $+1$ or $-1$. With DDIM, paths do not cross: the starting point decides the end point.

# %%
grader.check("q2c")

# %% [markdown]
# ## 2.6 Train, and compare
#
# This cell does the same as `make train Q=q2`. The network is the same small one as before. Sampling uses a
# moving average of its weights, which is less noisy than the weights of the last step.

# %%
q2 = trained("q2", PRESET, DEVICE)

# %%
show_found(q2, "loss", "Samples over diffusion time")

# %% [markdown]
# First all steps of DDPM, then ten steps of each sampler. Which ten-step images do you prefer?

# %%
show_found(q2, "DDPM in", "DDIM in")

# %% [markdown]
# The same in numbers. Left: the share of samples on which the two classifiers agree; more is better. Right: how
# far the mean and covariance of the samples are from those of the digits (Frechet distance); less is better.
# What do you lose with fewer steps, and which sampler loses less?

# %%
show_found(q2, "Agreement over steps", "Distance over steps")

# %%
print_found(
    q2, "agreement", "agreement_ddpm_10", "agreement_ddim_10", "agreement_real", "distance", "distance_real"
)

# %%
grader.check("q2c")

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
# so). On Colab, find it in the files panel on the left and download it first. Questions 3 and 4 have
# their own notebooks, `hw12_early_exit` and `hw12_rlhf`; the log contains your work from all of them. Your
# answers on paper go into your written part.
