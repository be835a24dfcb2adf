"""The durable jobs that run after ingest. No rules of their own."""
