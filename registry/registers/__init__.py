"""Registers: rows that are added and never edited."""
