"""Keystone's interface as a client has it: what is sent, where to, and what comes back."""
