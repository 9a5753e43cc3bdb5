"""The written part against the code: every closed form of docs/handout/ is read from there, checked and attacked."""
