"""Reads of the maintained counts: statistics, and whether the counts are exact."""
