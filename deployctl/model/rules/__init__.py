"""The rules: pure functions of the nouns. What is right, what is wrong, and why; nothing here reads or writes."""
