"""The nouns of a release and the pure rules about them. Imports the standard library only."""
