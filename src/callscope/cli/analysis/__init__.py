"""What `callscope analyze` reads and prints: the transcript file, the JSON document, the summary."""
