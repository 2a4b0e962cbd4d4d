"""The cellular monolith: durable contracts, disposable implementations, governed regeneration."""
