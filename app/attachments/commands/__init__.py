"""What writes attachments."""
