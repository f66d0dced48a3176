"""Models of words, character by character: each makes more of what it was shown."""
