"""From a claim to its row and its last place."""
