"""A grader for homework packages: it reads everything it needs to know from `assignment.toml`."""

# The two sides of the package: command modules that every copy has, and those that only staff have.
STUDENT = "autograder.commands.student"
STAFF = (  # not in the bundle that students get
    "autograder.commands.grade",
    "autograder.commands.prove",
    "autograder.commands.ship",
)
