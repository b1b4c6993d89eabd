"""Register of data-sharing services: declaration, appraisal, publication (S8, S14, D23-D26)."""
