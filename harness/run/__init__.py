"""One run put together: order, set-up, procedure, clean-up on every way out."""
