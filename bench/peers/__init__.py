"""One worker each for the same orders: every file is a program that a comparison starts, kills and counts."""
