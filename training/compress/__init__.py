"""The pretrained decoder at fewer bits: methods, what each costs, and the choice per matrix."""
