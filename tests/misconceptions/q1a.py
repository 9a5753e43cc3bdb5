"""Question 1(a): one step of the forward process, told with one coin and with two."""

from autograder.misconceptions.bank import right, wrong

FLIP_STEP = "diffusion.binary.flip_step"
REPLACE_STEP = "diffusion.binary.replace_step"


@wrong(
    FLIP_STEP,
    says="flips with the probability of a replacement",
    hint="The handout tells one step in two ways. With which of the two probabilities does a pixel change its sign?",
    common="often",
    failure="distribution",
)
def flip_step_at_twice_delta(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    return torch.where(flip, -y, y)


@wrong(
    FLIP_STEP,
    says="keeps the pixels that are to flip, and flips those that are to stay",
    hint="Try delta = 0: what should come back?",
    common="sometimes",
    failure="sign",
)
def flip_step_keeps_with_delta(y, delta, generator):
    keep = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(keep, y, -y)


@wrong(
    FLIP_STEP,
    says="flips all pixels of an image together",
    hint="How many coins does an image of M pixels need?",
    common="sometimes",
    failure="distribution",
)
def flip_step_one_coin_per_image(y, delta, generator):
    flip = torch.rand(len(y), generator=generator, device=y.device) < delta
    return torch.where(_per_image(flip, y), -y, y)


@wrong(
    FLIP_STEP,
    says="throws one coin for the whole batch",
    hint="How many coins do B images of M pixels need?",
    common="seldom",
    failure="distribution",
)
def flip_step_one_coin_for_all(y, delta, generator):
    if torch.rand(1, generator=generator).item() < delta:
        return -y
    return y.clone()


@wrong(
    FLIP_STEP,
    says="flips the same pixels in every image of the batch",
    hint="Do two images of one batch have coins of their own?",
    common="sometimes",
    failure="distribution",
)
def flip_step_same_pixels_in_every_image(y, delta, generator):
    flip = torch.rand(y.shape[1:], generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y)


@wrong(
    FLIP_STEP,
    says="draws without the generator that it is given",
    hint="torch.rand_like takes no generator. Which function does?",
    common="often",
    failure="ignores an argument",
)
def flip_step_without_generator(y, delta, generator):
    flip = torch.rand_like(y) < delta
    return torch.where(flip, -y, y)


@wrong(
    FLIP_STEP,
    says="seeds the generator anew in every call",
    hint="What does a second call with the same generator give?",
    common="sometimes",
    failure="ignores an argument",
)
def flip_step_seeds_generator(y, delta, generator):
    generator = torch.Generator(device=y.device).manual_seed(0)
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y)


@wrong(
    FLIP_STEP,
    says="writes the flips into the image that it was given",
    hint="What does the caller's y show after the call?",
    common="often",
    failure="argument changed in place",
)
def flip_step_in_place(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    y[flip] *= -1
    return y


@wrong(
    FLIP_STEP,
    says="returns single precision whatever the pixels were",
    hint="What does the docstring say of the result's dtype?",
    common="sometimes",
    failure="dtype",
)
def flip_step_in_single_precision(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    signs = 1 - 2 * flip.float()
    return y.float() * signs


@wrong(
    FLIP_STEP,
    says="flips as if pixels were 0 and 1",
    hint="Which two values does a pixel have in this file, and what is the other one of each?",
    common="sometimes",
    failure="distribution",
)
def flip_step_of_zeros_and_ones(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(flip, 1 - y, y)


@wrong(
    FLIP_STEP,
    says="sets the chosen pixels to -1, so that only +1 ever flips",
    hint="What happens to a pixel that shows -1 already?",
    common="seldom",
    failure="distribution",
)
def flip_step_erases(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return y.masked_fill(flip, -1.0)


@wrong(
    FLIP_STEP,
    says="flips a fixed share of each image's pixels",
    hint="Can it happen that all pixels of an image flip in one step?",
    common="seldom",
    failure="distribution",
)
def flip_step_fixed_share(y, delta, generator):
    flipped = y.flatten(1).clone()
    count = round(delta * flipped.shape[1])
    order = torch.rand(flipped.shape, generator=generator, device=y.device).argsort(1)
    chosen = torch.zeros_like(flipped, dtype=torch.bool).scatter(1, order[:, :count], True)
    return torch.where(chosen, -flipped, flipped).reshape(y.shape)


@wrong(
    FLIP_STEP,
    says="works only where the pixels lie in memory in their usual order",
    hint="Try y.T, or y after permute. Which call insists on one order in memory?",
    common="sometimes",
    failure="exception",
)
def flip_step_by_view(y, delta, generator):
    flat = y.view(-1)
    flip = torch.rand(len(flat), generator=generator, device=y.device) < delta
    return torch.where(flip, -flat, flat).view(y.shape)


@wrong(
    FLIP_STEP,
    says="draws normal numbers where uniform ones are due",
    hint="How often does your random number lie below delta? Try delta = 0.",
    common="sometimes",
    failure="distribution",
)
def flip_step_of_normal_numbers(y, delta, generator):
    flip = torch.randn(y.shape, generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y)


@wrong(
    FLIP_STEP,
    says="returns which pixels flip, not the flipped image",
    hint="What does the docstring say of the result?",
    common="seldom",
    failure="dtype",
)
def flip_step_returns_the_mask(y, delta, generator):
    return torch.rand(y.shape, generator=generator, device=y.device) < delta


@wrong(
    FLIP_STEP,
    says="returns a NumPy array",
    hint="Of which type is the result to be?",
    common="seldom",
    failure="type",
)
def flip_step_returns_numpy(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y).numpy()


@right(FLIP_STEP, says="multiplies by signs made of Bernoulli draws")
def flip_step_by_bernoulli(y, delta, generator):
    flips = torch.bernoulli(torch.full_like(y, delta), generator=generator)
    return y * (1 - 2 * flips)


@right(FLIP_STEP, says="takes one image after the other, and writes into a copy by boolean indexing")
def flip_step_image_by_image(y, delta, generator):
    result = y.clone()
    for image in result:
        chosen = (
            torch.rand(image.shape, generator=generator, dtype=torch.float64, device=y.device) >= 1 - delta
        )
        image[chosen] = -image[chosen]
    return result


@wrong(
    REPLACE_STEP,
    says="lets R come up as often as a pixel flips",
    hint="How often does a pixel change its sign if it is replaced with probability delta?",
    common="often",
    failure="distribution",
)
def replace_step_at_delta(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    fair = torch.where(heads, 1.0, -1.0).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong(
    REPLACE_STEP,
    says="flips where R comes up, instead of throwing F",
    hint="Can a replaced pixel show what it showed before?",
    common="often",
    failure="distribution",
)
def replace_step_flips(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    return torch.where(replace, -y, y)


@wrong(
    REPLACE_STEP,
    says="takes R and F from the same uniform number",
    hint="Where R came up, what do you know of the number that F is read from?",
    common="often",
    failure="distribution",
)
def replace_step_one_number_for_both(y, delta, generator):
    uniform = torch.rand(y.shape, generator=generator, device=y.device)
    fair = torch.where(uniform < 0.5, 1.0, -1.0).to(y.dtype)
    return torch.where(uniform < 2 * delta, fair, y)


@wrong(
    REPLACE_STEP,
    says="throws one F for the whole batch",
    hint="Which of your two draws has the shape of y?",
    common="sometimes",
    failure="distribution",
)
def replace_step_one_fair_coin(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = 2 * torch.randint(0, 2, (1,), generator=generator, device=y.device) - 1
    return torch.where(replace, fair.to(y.dtype), y)


@wrong(
    REPLACE_STEP,
    says="throws one R for each image",
    hint="Which of your two draws has the shape of y?",
    common="sometimes",
    failure="distribution",
)
def replace_step_whole_images(y, delta, generator):
    replace = torch.rand(len(y), generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    fair = torch.where(heads, 1.0, -1.0).to(y.dtype)
    return torch.where(_per_image(replace, y), fair, y)


@wrong(
    REPLACE_STEP,
    says="puts 0 and 1 where coins of -1 and +1 are due",
    hint="Which two values has a pixel in this file?",
    common="often",
    failure="distribution",
)
def replace_step_by_zeros_and_ones(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = torch.randint(0, 2, y.shape, generator=generator, device=y.device).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong(
    REPLACE_STEP,
    says="throws a coin F that always comes up +1",
    hint="Print the signs that you draw for F: how many are -1?",
    common="sometimes",
    failure="distribution",
)
def replace_step_sign_of_uniform(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = torch.sign(torch.rand(y.shape, generator=generator, device=y.device)).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong(
    REPLACE_STEP,
    says="gives F the bias of the flips",
    hint="With which probability does a fair coin show +1?",
    common="sometimes",
    failure="distribution",
)
def replace_step_unfair_coin(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < delta
    fair = torch.where(heads, 1.0, -1.0).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong(
    REPLACE_STEP,
    says="keeps the pixel where R comes up and replaces the others",
    hint="Try delta = 0: what should come back?",
    common="sometimes",
    failure="distribution",
)
def replace_step_keeps_where_r(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    fair = torch.where(heads, 1.0, -1.0).to(y.dtype)
    return torch.where(replace, y, fair)


@wrong(
    REPLACE_STEP,
    says="draws without the generator that it is given",
    hint="Does every draw get the generator?",
    common="often",
    failure="ignores an argument",
)
def replace_step_without_generator(y, delta, generator):
    replace = torch.rand_like(y) < 2 * delta
    fair = torch.where(torch.rand_like(y) < 0.5, 1.0, -1.0).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong(
    REPLACE_STEP,
    says="hands the generator to R, but not to F",
    hint="Does every draw get the generator?",
    common="sometimes",
    failure="distribution",
)
def replace_step_generator_for_r_only(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = 2 * torch.randint_like(y, 0, 2) - 1
    return torch.where(replace, fair, y)


@wrong(
    REPLACE_STEP,
    says="writes the new pixels into the image that it was given",
    hint="What does the caller's y show after the call?",
    common="often",
    failure="argument changed in place",
)
def replace_step_in_place(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    y[replace & heads] = 1
    y[replace & ~heads] = -1
    return y


@wrong(
    REPLACE_STEP,
    says="calls `flip_step` with the probability of R, which it refuses where that is more than one half",
    hint="Which event has the probability that R comes up: a flip, or a replacement?",
    common="sometimes",
    failure="exception",
)
def replace_step_by_flip_step(y, delta, generator):
    return flip_step(y, 2 * delta, generator=generator)


@wrong(
    REPLACE_STEP,
    says="returns single precision whatever the pixels were",
    hint="What does the docstring say of the result's dtype?",
    common="sometimes",
    failure="dtype",
)
def replace_step_in_single_precision(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    fair = torch.where(heads, 1.0, -1.0)
    return torch.where(replace, fair, y.float())


@right(REPLACE_STEP, says="turns the pixel by a fair sign instead of forgetting it: the same law")
def replace_step_by_fair_signs(y, delta, generator):
    signs = 2 * torch.randint(0, 2, y.shape, generator=generator, device=y.device) - 1
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    return torch.where(replace, y * signs.to(y.dtype), y)


@right(REPLACE_STEP, says="cuts one uniform number into three ranges: F is +1, F is -1, R does not come up")
def replace_step_by_three_ranges(y, delta, generator):
    uniform = torch.rand(y.shape, generator=generator, dtype=torch.float64, device=y.device)
    result = y.clone()
    result[uniform < delta] = 1
    result[(uniform >= delta) & (uniform < 2 * delta)] = -1
    return result
