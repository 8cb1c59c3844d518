"""The local deployment: real servers on loopback, in one folder, owned by this user."""
