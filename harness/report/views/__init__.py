"""What the page shows of a judged run, in the page's words and order; one part of it a file."""
