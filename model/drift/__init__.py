"""Whether recent pictures are like those of the release."""
