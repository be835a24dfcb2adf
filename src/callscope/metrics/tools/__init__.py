"""What the agent did with its tools, as far as it was reported."""
