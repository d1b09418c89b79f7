"""``python -m nlpkit``."""

from nlpkit.cli import main

main()
