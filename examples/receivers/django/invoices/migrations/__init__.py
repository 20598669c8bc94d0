"""Migrations of the changes."""
