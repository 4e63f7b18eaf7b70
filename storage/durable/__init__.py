"""Files that are whole or not there, and what of them outlives a loss of power; it knows no other package."""
