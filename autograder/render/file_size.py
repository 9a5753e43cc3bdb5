"""The size of a file, as a text."""


def file_size(count: int) -> str:
    """A number of bytes, as a file manager shows it; never more than a million MB."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e3:.1f} KB" if count < 1_000_000 else f"{min(count, 10**12) / 1e6:,.1f} MB"
