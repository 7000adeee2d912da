"""A pretrained decoder taught to stay with the page (`models/base`)."""
