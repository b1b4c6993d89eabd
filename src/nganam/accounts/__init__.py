"""People and how they sign in (S9.7, S12.2).

Serves every officer: sign-in with password and a second factor; and the administrator, who opens and closes accounts.
What a person may do is not known here: it comes from postings (``nganam.agencies``). Nobody signs up; visitors need no
account.
"""
