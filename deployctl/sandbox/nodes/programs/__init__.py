"""What runs in containers: the image's own program as its behaviour says, and a little shell."""
