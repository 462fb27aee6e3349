"""What is read of attachments."""
