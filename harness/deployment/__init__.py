"""What is upgraded: the protocols of a deployment, and one folder per back-end."""
