"""Wrong solutions on purpose, one module a subject: what a smoke run must be able to tell from the right one."""
