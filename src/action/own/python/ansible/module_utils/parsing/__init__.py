"""Helpers of modules."""
