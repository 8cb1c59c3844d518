"""What the harness costs and how far it carries; never part of the tests."""
