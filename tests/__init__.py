"""Homework 12 as its graders and students see it: public, hidden and smoke tests, and the tests of the project."""
