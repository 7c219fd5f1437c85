"""Shows what would leave: the real gates, on an item that an operator gives."""
