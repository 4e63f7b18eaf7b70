"""Pictures for people: written, with heat maps, on contact sheets."""
