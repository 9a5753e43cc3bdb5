"""What leaves the house: the students' package, cut from the solutions."""
