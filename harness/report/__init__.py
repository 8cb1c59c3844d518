"""From a judged run to pages, pictures and text."""
