"""From a text to an operation that can be compiled: documents, variables, limits, and where errors lie."""
