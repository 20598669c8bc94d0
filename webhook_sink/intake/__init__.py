"""Intake: the endpoint that reads deliveries, and the batch writer that stores them.

A delivery is stored before the sink replies. Nothing is judged here.
"""
