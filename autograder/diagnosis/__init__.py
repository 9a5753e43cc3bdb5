"""Tells a student which mistake their outputs betray, by what a known mistake answers to the same questions."""
