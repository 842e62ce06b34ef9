"""What is read off the masks: numbers that can be published."""
