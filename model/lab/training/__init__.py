"""From labelled pictures to a release that says how it was measured; a running daemon imports none of it."""
