"""CONTINUUM: a memory service for AI applications."""

__version__ = "0.3.0"
