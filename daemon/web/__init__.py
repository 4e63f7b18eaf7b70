"""The page: a process of its own that shows what was answered, and changes nothing."""
