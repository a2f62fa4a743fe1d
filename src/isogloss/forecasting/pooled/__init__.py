"""What is known about a language from elsewhere: from other models and other tasks."""
