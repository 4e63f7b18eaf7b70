"""Whether pictures of late are like those that the release knows."""
