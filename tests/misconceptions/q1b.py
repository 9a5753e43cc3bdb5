"""Question 1(b): a sample of Y_t without the steps in between."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.q_sample"


@wrong("flips every pixel that was replaced", often="distribution")
@hint("Which signs can a replaced pixel show, and how often is it the same sign as before?")
def q_sample_flips_all_replaced(y_0, t, delta, generator):
    replaced = _per_image(replacement_probability(t, delta), y_0)
    flip = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < replaced
    return torch.where(flip, -y_0, y_0)


@wrong("makes exactly one step for every t", sometimes="ignores an argument")
@hint("What should the function return for t = 0, and what for a very large t?")
def q_sample_makes_one_flip_step(y_0, t, delta, generator):
    return flip_step(y_0, delta, generator=generator)


@wrong("adds up the flips of t steps, although a second flip undoes the first", sometimes="distribution")
@hint("How likely is a flip after very many steps? Can it be more likely than for a fair coin?")
@edit("_per_image(replacement_probability(t, delta), y_0) / 2", "_per_image(torch.as_tensor(t) * delta, y_0)")
def q_sample_adds_up_flips(): ...


@wrong(
    "uses the event that a pixel flips at least once, not that it ends with another sign",
    often="distribution",
)
@hint("What does a pixel show after two flips?")
def q_sample_flipped_at_least_once(y_0, t, delta, generator):
    flipped = _per_image(1 - (1 - delta) ** torch.as_tensor(t), y_0)
    flip = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < flipped
    return torch.where(flip, -y_0, y_0)


@wrong("makes one step too many", sometimes="off by one in time")
@hint("What should the function return for t = 0?")
@edit("replacement_probability(t, delta)", "replacement_probability(t + 1, delta)")
def q_sample_one_flip_step_more(): ...


@wrong("makes at least one step, even at t = 0", sometimes="distribution")
@hint("Time is 1-based here: what is Y_0?")
@edit("flipped = _per_image", "t = torch.as_tensor(t).clamp(min=1)\nflipped = _per_image")
def q_sample_flips_at_time_zero(): ...


@wrong("flips one coin for each image", sometimes="distribution")
@hint("Do all pixels of an image always change together?")
def q_sample_one_coin_per_image(y_0, t, delta, generator):
    flipped = replacement_probability(t, delta) / 2
    flip = torch.rand(len(y_0), generator=generator, dtype=torch.float64, device=y_0.device) < flipped
    return torch.where(_per_image(flip, y_0), -y_0, y_0)


@wrong("uses the same coins for every image of the batch", sometimes="distribution")
@hint("Does each image of a batch have its own coins?")
def q_sample_same_coins_for_all_images(y_0, t, delta, generator):
    flipped = _per_image(replacement_probability(t, delta), y_0) / 2
    uniform = torch.rand(y_0.shape[1:], generator=generator, dtype=torch.float64, device=y_0.device)
    return torch.where(uniform < flipped, -y_0, y_0)


@wrong("puts the times along the last axis, which is an axis of pixels", often="exception")
@hint("Which shape must a [B] tensor get so that it broadcasts against [B, ...]?")
@edit("_per_image(replacement_probability(t, delta), y_0)", "replacement_probability(t, delta)")
def q_sample_times_along_pixels(): ...


@wrong("works only for images with one axis", sometimes="exception")
@hint("The docstring says [B, ...]. What about images with rows and columns?")
def q_sample_of_flat_images_only(y_0, t, delta, generator):
    flipped = replacement_probability(t, delta).reshape(-1, 1) / 2
    flip = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < flipped
    return torch.where(flip, -y_0, y_0)


@wrong("uses the latest time of the batch for every image", sometimes="distribution")
@hint("Which image has the time t[b]?")
@edit("_per_image(replacement_probability(t, delta), y_0)", "replacement_probability(t, delta).max()")
def q_sample_latest_time_for_all(): ...


@wrong("draws random numbers without the generator that it is given", often="ignores an argument")
@hint("torch.rand_like takes no generator. Which function takes one?")
def q_sample_coins_without_generator(y_0, t, delta, generator):
    flipped = _per_image(replacement_probability(t, delta), y_0) / 2
    return torch.where(torch.rand_like(y_0) < flipped, -y_0, y_0)


@wrong("uses the same uniform number for both coins", sometimes="distribution")
@hint("Where a pixel is replaced, what do you know about the number that decides its new sign?")
def q_sample_one_number_for_both_coins(y_0, t, delta, generator):
    replaced = _per_image(replacement_probability(t, delta), y_0)
    uniform = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device)
    fair = torch.where(uniform < 0.5, 1.0, -1.0).to(y_0.dtype)
    return torch.where(uniform < replaced, fair, y_0)


@wrong("uses coins of 0 and 1 instead of -1 and +1", sometimes="distribution")
@hint("Which two values can a pixel have in this file?")
def q_sample_coins_of_zero_and_one(y_0, t, delta, generator):
    replaced = _per_image(replacement_probability(t, delta), y_0)
    replace = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < replaced
    fair = torch.randint(0, 2, y_0.shape, generator=generator, device=y_0.device).to(y_0.dtype)
    return torch.where(replace, fair, y_0)


@wrong("writes the noise into the image that it was given", sometimes="argument changed in place")
@hint("What does the caller's y_0 contain after the call? Training uses it again.")
@edit("return torch.where(flip, -y_0, y_0)", "y_0[flip] = -y_0[flip]\nreturn y_0")
def q_sample_flips_in_place(): ...


@wrong("returns double precision even if the pixels have another dtype", often="dtype")
@hint("What does the docstring say about the dtype of the result?")
@edit("torch.where(flip, -y_0, y_0)", "y_0 * (1 - 2 * flip.to(torch.float64))")
def q_sample_pixels_in_double_precision(): ...


@wrong("returns the mean of the pixels, not a draw", sometimes="ignores an argument")
@hint("Which two values can a pixel of Y_t have?")
def q_sample_mean_of_the_pixel(y_0, t, delta, generator):
    kept = 1 - _per_image(replacement_probability(t, delta), y_0)
    return (kept * y_0).to(y_0.dtype)


@wrong("flips a fixed share of the pixels of each image", rarely="distribution")
@hint("Is the number of flips in an image random?")
def q_sample_flips_a_fixed_share(y_0, t, delta, generator):
    pixels = y_0.flatten(1)
    flipped = replacement_probability(t, delta).expand(len(y_0)) / 2
    counts = (flipped * pixels.shape[1]).round()
    ranks = torch.rand(pixels.shape, generator=generator, device=y_0.device).argsort(1).argsort(1)
    return torch.where(ranks < counts[:, None], -pixels, pixels).reshape(y_0.shape)


@right("flips two coins for each pixel: one for the replacement, one for the new value")
def q_sample_by_two_coins(y_0, t, delta, generator):
    replaced = _per_image(replacement_probability(t, delta), y_0)
    fair = 2 * torch.randint(0, 2, y_0.shape, generator=generator, device=y_0.device) - 1
    replace = torch.rand(y_0.shape, generator=generator, device=y_0.device) < replaced
    return torch.where(replace, fair.to(y_0.dtype), y_0)


@right("draws +1 with the probability that follows from the pixel's mean, computed with plain powers")
def q_sample_by_mean(y_0, t, delta, generator):
    kept = torch.tensor(1 - 2 * delta, dtype=torch.float64) ** torch.as_tensor(t)
    up = (1 + _per_image(kept, y_0) * y_0) / 2
    return (2 * torch.bernoulli(up, generator=generator) - 1).to(y_0.dtype)


@right("handles one image after the other")
def q_sample_coins_image_by_image(y_0, t, delta, generator):
    times = torch.as_tensor(t).expand(len(y_0)).tolist()
    images = []
    for image, steps in zip(y_0, times):
        flipped = replacement_probability(steps, delta).item() / 2
        uniform = torch.rand(image.shape, generator=generator, device=y_0.device)
        images.append(torch.where(uniform < flipped, -image, image))
    return torch.stack(images)
