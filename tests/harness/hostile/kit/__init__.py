"""The tools of attacks: these files are part of every hostile submission. The runner never imports them."""
