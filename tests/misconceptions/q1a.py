"""Question 1(a): one step of the forward process, described with one coin and with two coins."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.flip_step"


@wrong("flips with the probability of a replacement", often="distribution")
@hint("The handout describes one step in two ways. Which of the two probabilities is that of a sign change?")
@edit("delta", "2 * delta")
def flip_step_at_twice_delta(): ...


@wrong("keeps the pixels that must flip, and flips the pixels that must stay", sometimes="sign")
@hint("Try delta = 0: what should the function return?")
def flip_step_keeps_with_delta(y, delta, generator):
    keep = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(keep, y, -y)


@wrong("flips all pixels of an image together", sometimes="distribution")
@hint("How many coins does an image of M pixels need?")
def flip_step_one_coin_per_image(y, delta, generator):
    flip = torch.rand(len(y), generator=generator, device=y.device) < delta
    return torch.where(_per_image(flip, y), -y, y)


@wrong("flips one coin for the whole batch", rarely="distribution")
@hint("How many coins do B images of M pixels need?")
def flip_step_one_coin_for_all(y, delta, generator):
    if torch.rand(1, generator=generator).item() < delta:
        return -y
    return y.clone()


@wrong("flips the same pixels in every image of the batch", sometimes="distribution")
@hint("Does each image of a batch have its own coins?")
@edit("y.shape", "y.shape[1:]")
def flip_step_same_pixels_in_every_image(): ...


@wrong("draws random numbers without the generator that it is given", often="ignores an argument")
@hint("torch.rand_like takes no generator. Which function takes one?")
@edit("torch.rand(y.shape, generator=generator, device=y.device)", "torch.rand_like(y)")
def flip_step_without_generator(): ...


@wrong("seeds the generator again in every call", sometimes="ignores an argument")
@hint("What does a second call with the same generator return?")
@edit("flip = torch.rand", "generator = torch.Generator(device=y.device).manual_seed(0)\nflip = torch.rand")
def flip_step_seeds_generator(): ...


@wrong("writes the flips into the image that it was given", often="argument changed in place")
@hint("What does the caller's y contain after the call?")
@edit("return torch.where(flip, -y, y)", "y[flip] *= -1\nreturn y")
def flip_step_in_place(): ...


@wrong("returns single precision even if the pixels have another dtype", sometimes="dtype")
@hint("What does the docstring say about the dtype of the result?")
def flip_step_in_single_precision(y, delta, generator):
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    signs = 1 - 2 * flip.float()
    return y.float() * signs


@wrong("flips as if pixels were 0 and 1", sometimes="distribution")
@hint("Which two values can a pixel have in this file, and what is the opposite of each?")
@edit("-y", "1 - y")
def flip_step_of_zeros_and_ones(): ...


@wrong("sets the chosen pixels to -1, so that only pixels of +1 flip", rarely="distribution")
@hint("What happens to a pixel that is already -1?")
@edit("torch.where(flip, -y, y)", "y.masked_fill(flip, -1.0)")
def flip_step_erases(): ...


@wrong("flips a fixed share of the pixels of each image", rarely="distribution")
@hint("Can it happen that all pixels of an image flip in one step?")
def flip_step_fixed_share(y, delta, generator):
    flipped = y.flatten(1).clone()
    count = round(delta * flipped.shape[1])
    order = torch.rand(flipped.shape, generator=generator, device=y.device).argsort(1)
    chosen = torch.zeros_like(flipped, dtype=torch.bool).scatter(1, order[:, :count], True)
    return torch.where(chosen, -flipped, flipped).reshape(y.shape)


@wrong("works only if the pixels are in their usual order in memory", sometimes="exception")
@hint("Try y.T, or y after permute. Which call requires one certain order in memory?")
def flip_step_by_view(y, delta, generator):
    flat = y.view(-1)
    flip = torch.rand(len(flat), generator=generator, device=y.device) < delta
    return torch.where(flip, -flat, flat).view(y.shape)


@wrong("draws normal random numbers instead of uniform ones", sometimes="distribution")
@hint("How often is your random number below delta? Try delta = 0.")
@edit("torch.rand", "torch.randn")
def flip_step_of_normal_numbers(): ...


@wrong("returns which pixels flip, not the flipped image", rarely="dtype")
@hint("What does the docstring say about the result?")
def flip_step_returns_the_mask(y, delta, generator):
    return torch.rand(y.shape, generator=generator, device=y.device) < delta


@wrong("returns a NumPy array", rarely="type")
@hint("Which type must the result have?")
@edit("torch.where(flip, -y, y)", "torch.where(flip, -y, y).numpy()")
def flip_step_returns_numpy(): ...


@right("multiplies by signs made from Bernoulli draws")
def flip_step_by_bernoulli(y, delta, generator):
    flips = torch.bernoulli(torch.full_like(y, delta), generator=generator)
    return y * (1 - 2 * flips)


@right("handles one image after the other, and writes into a copy by boolean indexing")
def flip_step_image_by_image(y, delta, generator):
    result = y.clone()
    for image in result:
        chosen = (
            torch.rand(image.shape, generator=generator, dtype=torch.float64, device=y.device) >= 1 - delta
        )
        image[chosen] = -image[chosen]
    return result


TASK = "diffusion.binary.replace_step"


@wrong("draws R with the probability of a flip", often="distribution")
@hint("How often does a pixel change its sign if it is replaced with probability delta?")
@edit("2 * delta", "delta")
def replace_step_at_delta(): ...


@wrong("flips the pixel where R shows +1, instead of drawing F", often="distribution")
@hint("Can a replaced pixel have the same value as before?")
def replace_step_flips(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    return torch.where(replace, -y, y)


@wrong("uses the same uniform number for R and F", often="distribution")
@hint("Where R shows +1, what do you know about the number that decides F?")
def replace_step_one_number_for_both(y, delta, generator):
    uniform = torch.rand(y.shape, generator=generator, device=y.device)
    fair = torch.where(uniform < 0.5, 1.0, -1.0).to(y.dtype)
    return torch.where(uniform < 2 * delta, fair, y)


@wrong("draws one F for the whole batch", sometimes="distribution")
@hint("Which of your two draws has the shape of y?")
def replace_step_one_fair_coin(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = 2 * torch.randint(0, 2, (1,), generator=generator, device=y.device) - 1
    return torch.where(replace, fair.to(y.dtype), y)


@wrong("draws one R for each image", sometimes="distribution")
@hint("Which of your two draws has the shape of y?")
def replace_step_whole_images(y, delta, generator):
    replace = torch.rand(len(y), generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    fair = torch.where(heads, 1.0, -1.0).to(y.dtype)
    return torch.where(_per_image(replace, y), fair, y)


@wrong("uses coins of 0 and 1 instead of -1 and +1", often="distribution")
@hint("Which two values can a pixel have in this file?")
def replace_step_by_zeros_and_ones(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = torch.randint(0, 2, y.shape, generator=generator, device=y.device).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong("draws a coin F that is always +1", sometimes="distribution")
@hint("Print the signs that you draw for F: how many of them are -1?")
def replace_step_sign_of_uniform(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = torch.sign(torch.rand(y.shape, generator=generator, device=y.device)).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong("draws F with the probability of a flip", sometimes="distribution")
@hint("What is the probability that a fair coin shows +1?")
@edit("0.5", "delta")
def replace_step_unfair_coin(): ...


@wrong("keeps the pixel where R shows +1, and replaces the other pixels", sometimes="distribution")
@hint("Try delta = 0: what should the function return?")
@edit("torch.where(replace, fair, y)", "torch.where(replace, y, fair)")
def replace_step_keeps_where_r(): ...


@wrong("draws random numbers without the generator that it is given", often="ignores an argument")
@hint("Does every draw use the generator?")
def replace_step_without_generator(y, delta, generator):
    replace = torch.rand_like(y) < 2 * delta
    fair = torch.where(torch.rand_like(y) < 0.5, 1.0, -1.0).to(y.dtype)
    return torch.where(replace, fair, y)


@wrong("uses the generator for R, but not for F", sometimes="distribution")
@hint("Does every draw use the generator?")
def replace_step_generator_for_r_only(y, delta, generator):
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    fair = 2 * torch.randint_like(y, 0, 2) - 1
    return torch.where(replace, fair, y)


@wrong("writes the new pixels into the image that it was given", often="argument changed in place")
@hint("What does the caller's y contain after the call?")
@edit("fair = torch.where(heads, 1.0, -1.0).to(y.dtype)", "y[replace & heads] = 1\ny[replace & ~heads] = -1")
@edit("torch.where(replace, fair, y)", "y")
def replace_step_in_place(): ...


@wrong(
    "calls `flip_step` with the probability of R, which `flip_step` refuses if it is more than one half",
    sometimes="exception",
)
@hint("Which event has the probability that R shows +1: a flip, or a replacement?")
def replace_step_by_flip_step(y, delta, generator):
    return flip_step(y, 2 * delta, generator=generator)


@wrong("returns single precision even if the pixels have another dtype", sometimes="dtype")
@hint("What does the docstring say about the dtype of the result?")
@edit("torch.where(heads, 1.0, -1.0).to(y.dtype)", "torch.where(heads, 1.0, -1.0)")
@edit("torch.where(replace, fair, y)", "torch.where(replace, fair, y.float())")
def replace_step_in_single_precision(): ...


@right("multiplies the pixel by a fair sign instead of replacing it, which gives the same distribution")
def replace_step_by_fair_signs(y, delta, generator):
    signs = 2 * torch.randint(0, 2, y.shape, generator=generator, device=y.device) - 1
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    return torch.where(replace, y * signs.to(y.dtype), y)


@right("splits the range of one uniform number into three parts: F is +1, F is -1, no replacement")
def replace_step_by_three_ranges(y, delta, generator):
    uniform = torch.rand(y.shape, generator=generator, dtype=torch.float64, device=y.device)
    result = y.clone()
    result[uniform < delta] = 1
    result[(uniform >= delta) & (uniform < 2 * delta)] = -1
    return result
