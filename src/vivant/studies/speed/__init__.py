"""What a frame costs, stage by stage and from file to file."""
