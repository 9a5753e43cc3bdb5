"""Data: included in the package, or read from files or from the hub where a setting says so."""
