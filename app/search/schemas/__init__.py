"""What comes in about searches, and the contracts of what goes out."""
