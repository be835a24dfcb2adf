"""Settings, logging and wiring. The only reader of the environment."""
