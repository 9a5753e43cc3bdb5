"""The kernel features that confine a process: a system-call filter, Landlock, namespaces."""
