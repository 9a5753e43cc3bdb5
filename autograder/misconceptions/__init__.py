"""Known wrong answers and known right ones of another make: they prove the tests, and name a student's mistake."""
