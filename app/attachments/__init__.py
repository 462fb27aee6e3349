"""Files that insights show or offer."""
