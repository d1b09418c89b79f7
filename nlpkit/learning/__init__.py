"""Learning from labelled updates: the corpus, training, evaluation. Nothing below this floor needs it."""
