"""Official letters (Decree 30/2020 on clerical work, Appendix I): their content, and PDF and DOCX drawn from it.

A room says what a letter says with ``Letter``; ``documents.operations.issue_letter`` gives it a number and freezes it;
``pdf.render`` and ``docx.render`` draw what was frozen, the same bytes each time.
"""

from nganam.documents.letters.content import Issued, Issuer, Letter, Signer, Table

__all__ = ["Issued", "Issuer", "Letter", "Signer", "Table"]
