"""Results on their way to archives: each lies in the outbox until its peer has it, whatever is killed."""
