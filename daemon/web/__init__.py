"""The page: a process of its own that shows what was answered, and adds reviews at most."""
