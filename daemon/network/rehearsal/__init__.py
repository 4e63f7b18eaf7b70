"""`inboxray rehearse`: a real archive and the receiver, in a network of their own that is loopback alone."""
