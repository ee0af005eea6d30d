"""Text that a model writes or reads, token by token, and how it is shown."""
