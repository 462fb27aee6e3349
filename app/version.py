"""The release, as health answers and the API document name it."""

VERSION = "1.0.0"
