"""Questions 1 and 2: denoising diffusion, with coin flips and with Gaussian noise."""
