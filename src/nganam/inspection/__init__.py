"""Annual inspection and self-evaluation (S3.3, S7, S21, D14, D16): its machine as data."""
