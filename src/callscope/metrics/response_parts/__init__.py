"""What the agent's parts took of the time the caller waited, by the agent's own trace laid on the recording."""
