"""Code that is given whole: data, networks and training loops. Nothing here needs your changes."""
