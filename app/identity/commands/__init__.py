"""What is done to people and their credentials."""
