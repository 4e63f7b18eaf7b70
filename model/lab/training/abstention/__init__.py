"""What a network must know to abstain: strange and spoiled pictures, distances."""
