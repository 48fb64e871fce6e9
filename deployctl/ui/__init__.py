"""Views of the model: text for people, plain lines for pipes, JSON for programs, annotations for CI. No decisions."""
