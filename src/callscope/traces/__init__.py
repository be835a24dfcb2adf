"""OTLP to spans, spans to what they mean, and the agent's clock to the recording's. Pure."""
