"""Dated rule sets, articles and glossary: the law as data. No deeds here."""
