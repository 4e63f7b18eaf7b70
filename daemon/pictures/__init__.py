"""Pictures that are written beside the answers."""
