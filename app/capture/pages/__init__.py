"""The pages of capture: writing an insight, what is not saved yet, templates."""
