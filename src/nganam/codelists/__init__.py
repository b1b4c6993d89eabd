"""Shared code lists (danh mục dùng chung): by version, in force from a day, old codes leading to new.

Serves the agency that keeps a list, the rooms above (the warehouse checks coded columns by it, D34.1, S12.1) and
everybody who codes data: published lists are read without signing in, by people and by programs. The list of
administrative units is not kept here twice: it is read from the room ``agencies``. It does not know what tables use it.
"""
