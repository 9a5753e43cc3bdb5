"""The project's tests of itself."""
