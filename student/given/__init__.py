"""Code that is given complete: data, networks and training loops. You do not need to change anything here."""
