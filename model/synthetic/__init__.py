"""Pictures that are computed: the canary and synthetic radiographs."""
