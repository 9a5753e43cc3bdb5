"""Question 1(a): one step of the forward process, told with one coin and with two."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.flip_step"


@wrong("flips with the probability of a replacement", often="distribution")
@hint(
    "The handout tells one step in two ways. With which of the two probabilities does a pixel change its sign?",
)
@edit("delta", "2 * delta")
def flip_step_at_twice_delta(): ...


@wrong("keeps the pixels that are to flip, and flips those that are to stay", sometimes="sign")
@hint("Try delta = 0: what should come back?")
def flip_step_keeps_with_delta(y, delta, generator):
    keep = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(keep, y, -y)


@wrong("flips all pixels of an image together", sometimes="distribution")
@hint("How many coins does an image of M pixels need?")
def flip_step_one_coin_per_image(y, delta, generator):
    flip = torch.rand(len(y), generator=generator, device=y.device) < delta
    return torch.where(_per_image(flip, y), -y, y)


@wrong("throws one coin for the whole batch", seldom="distribution")
@hint("How many coins do B images of M pixels need?")
def flip_step_one_coin_for_all(y, delta, generator):
    if torch.rand(1, generator=generator).item() < delta:
        return -y
    return y.clone()


@wrong("flips the same pixels in every image of the batch", sometimes="distribution")
@hint("Do two images of one batch have coins of their own?")
@edit("y.shape", "y.shape[1:]")
def flip_step_same_pixels_in_every_image(): ...


@wrong("draws without the generator that it is given", often="ignores an argument")
@hint("torch.rand_like takes no generator. Which function does?")
@edit("torch.rand(y.shape, generator=generator, device=y.device)", "torch.rand_like(y)")
def flip_step_without_generator(): ...


@wrong("seeds the generator anew in every call", sometimes="ignores an argument")
@hint("What does a second call with the same generator give?")
@edit("flip = torch.rand", "generator = torch.Generator(device=y.device).manual_seed(0)\nflip = torch.rand")
def flip_step_seeds_generator(): ...


@wrong("writes the flips into the image that it was given", often="argument changed in place")
@hint("What does the caller's y show after the call?")
@edit("return torch.where(flip, -y, y)", "y[flip] *= -1\nreturn y")
def flip_step_in_place(): ...


@wrong("returns single precision whatever the pixels were", sometimes="dtype")
@hint("What does the docstring say of the result's dtype?")
def flip_step_in_single_precision(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    signs = 1 - 2 * flip.float()
    return y.float() * signs


@wrong("flips as if pixels were 0 and 1", sometimes="distribution")
@hint("Which two values does a pixel have in this file, and what is the other one of each?")
@edit("-y", "1 - y")
def flip_step_of_zeros_and_ones(): ...


@wrong("sets the chosen pixels to -1, so that only +1 ever flips", seldom="distribution")
@hint("What happens to a pixel that shows -1 already?")
@edit("torch.where(flip, -y, y)", "y.masked_fill(flip, -1.0)")
def flip_step_erases(): ...


@wrong("flips a fixed share of each image's pixels", seldom="distribution")
@hint("Can it happen that all pixels of an image flip in one step?")
def flip_step_fixed_share(y, delta, generator):
    flipped = y.flatten(1).clone()
    count = round(delta * flipped.shape[1])
    order = torch.rand(flipped.shape, generator=generator, device=y.device).argsort(1)
    chosen = torch.zeros_like(flipped, dtype=torch.bool).scatter(1, order[:, :count], True)
    return torch.where(chosen, -flipped, flipped).reshape(y.shape)


@wrong("works only where the pixels lie in memory in their usual order", sometimes="exception")
@hint("Try y.T, or y after permute. Which call insists on one order in memory?")
def flip_step_by_view(y, delta, generator):
    flat = y.view(-1)
    flip = torch.rand(len(flat), generator=generator, device=y.device) < delta
    return torch.where(flip, -flat, flat).view(y.shape)


@wrong("draws normal numbers where uniform ones are due", sometimes="distribution")
@hint("How often does your random number lie below delta? Try delta = 0.")
@edit("torch.rand", "torch.randn")
def flip_step_of_normal_numbers(): ...


@wrong("returns which pixels flip, not the flipped image", seldom="dtype")
@hint("What does the docstring say of the result?")
def flip_step_returns_the_mask(y, delta, generator):
    return torch.rand(y.shape, generator=generator, device=y.device) < delta


@wrong("returns a NumPy array", seldom="type")
@hint("Of which type is the result to be?")
@edit("torch.where(flip, -y, y)", "torch.where(flip, -y, y).numpy()")
def flip_step_returns_numpy(): ...


@right("multiplies by signs made of Bernoulli draws")
def flip_step_by_bernoulli(y, delta, generator):
    flips = torch.bernoulli(torch.full_like(y, delta), generator=generator)
    return y * (1 - 2 * flips)


@right("takes one image after the other, and writes into a copy by boolean indexing")
def flip_step_image_by_image(y, delta, generator):
    result = y.clone()
    for image in result:
        chosen = (
            torch.rand(image.shape, generator=generator, dtype=torch.float64, device=y.device) >= 1 - delta
        )
        image[chosen] = -image[chosen]
    return result


TASK = "diffusion.binary.replace_step"


@wrong("lets R come up as often as a pixel flips", often="distribution")
@hint("How often does a pixel change its sign if it is replaced with probability delta?")
@edit("2 * delta", "delta")
def replace_step_at_delta(): ...


@wrong("flips where R comes up, instead of throwing F", often="distribution")
@hint("Can a replaced pixel show what it showed before?")
def replace_step_flips(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    return torch.where(replace, -y, y)


@wrong("takes R and F from the same uniform number", often="distribution")
@hint("Where R came up, what do you know of the number that F is read from?")
def replace_step_one_number_for_both(y, delta, generator):
    uniform = torch.rand(y.shape, generator=generator, device=y.device)
    fair = torch.where(uniform < 0.5, 1.0, -1.0).to(y.dtype)
    return torch.where(uniform < 2 * delta, fair, y)


@wrong("throws one F for the whole batch", sometimes="distribution")
@hint("Which of your two draws has the shape of y?")
def replace_step_one_fair_coin(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = 2 * torch.randint(0, 2, (1,), generator=generator, device=y.device) - 1
    return torch.where(replace, fair.to(y.dtype), y)


@wrong("throws one R for each image", sometimes="distribution")
@hint("Which of your two draws has the shape of y?")
def replace_step_whole_images(y, delta, generator):
    replace = torch.rand(len(y), generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    fair = torch.where(heads, 1.0, -1.0).to(y.dtype)
    return torch.where(_per_image(replace, y), fair, y)


@wrong("puts 0 and 1 where coins of -1 and +1 are due", often="distribution")
@hint("Which two values has a pixel in this file?")
def replace_step_by_zeros_and_ones(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = torch.randint(0, 2, y.shape, generator=generator, device=y.device).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong("throws a coin F that always comes up +1", sometimes="distribution")
@hint("Print the signs that you draw for F: how many are -1?")
def replace_step_sign_of_uniform(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = torch.sign(torch.rand(y.shape, generator=generator, device=y.device)).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong("gives F the bias of the flips", sometimes="distribution")
@hint("With which probability does a fair coin show +1?")
@edit("0.5", "delta")
def replace_step_unfair_coin(): ...


@wrong("keeps the pixel where R comes up and replaces the others", sometimes="distribution")
@hint("Try delta = 0: what should come back?")
@edit("torch.where(replace, fair, y)", "torch.where(replace, y, fair)")
def replace_step_keeps_where_r(): ...


@wrong("draws without the generator that it is given", often="ignores an argument")
@hint("Does every draw get the generator?")
def replace_step_without_generator(y, delta, generator):
    replace = torch.rand_like(y) < 2 * delta
    fair = torch.where(torch.rand_like(y) < 0.5, 1.0, -1.0).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong("hands the generator to R, but not to F", sometimes="distribution")
@hint("Does every draw get the generator?")
def replace_step_generator_for_r_only(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = 2 * torch.randint_like(y, 0, 2) - 1
    return torch.where(replace, fair, y)


@wrong("writes the new pixels into the image that it was given", often="argument changed in place")
@hint("What does the caller's y show after the call?")
@edit("fair = torch.where(heads, 1.0, -1.0).to(y.dtype)", "y[replace & heads] = 1\ny[replace & ~heads] = -1")
@edit("torch.where(replace, fair, y)", "y")
def replace_step_in_place(): ...


@wrong(
    "calls `flip_step` with the probability of R, which it refuses where that is more than one half",
    sometimes="exception",
)
@hint("Which event has the probability that R comes up: a flip, or a replacement?")
def replace_step_by_flip_step(y, delta, generator):
    return flip_step(y, 2 * delta, generator=generator)


@wrong("returns single precision whatever the pixels were", sometimes="dtype")
@hint("What does the docstring say of the result's dtype?")
@edit("torch.where(heads, 1.0, -1.0).to(y.dtype)", "torch.where(heads, 1.0, -1.0)")
@edit("torch.where(replace, fair, y)", "torch.where(replace, fair, y.float())")
def replace_step_in_single_precision(): ...


@right("turns the pixel by a fair sign instead of forgetting it: the same law")
def replace_step_by_fair_signs(y, delta, generator):
    signs = 2 * torch.randint(0, 2, y.shape, generator=generator, device=y.device) - 1
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    return torch.where(replace, y * signs.to(y.dtype), y)


@right("cuts one uniform number into three ranges: F is +1, F is -1, R does not come up")
def replace_step_by_three_ranges(y, delta, generator):
    uniform = torch.rand(y.shape, generator=generator, dtype=torch.float64, device=y.device)
    result = y.clone()
    result[uniform < delta] = 1
    result[(uniform >= delta) & (uniform < 2 * delta)] = -1
    return result
