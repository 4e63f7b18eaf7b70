"""The released network in fewer bits, tried and measured."""
