"""What people ask of the answers."""
