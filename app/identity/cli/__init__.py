"""`insights tokens` and `insights users`."""
