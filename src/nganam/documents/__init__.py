"""Official papers with number and date, and stored files by digest."""
