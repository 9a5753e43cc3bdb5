"""What the kernel offers to confine a process: system-call filter, Landlock, namespaces."""
