"""One file a statement of the paper, or a few that belong together. The folder listing is the registry."""
