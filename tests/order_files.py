"""Small files in the Online Retail format."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
FORMAT = "online-retail"

GOOD = (
    "536365,85123A,White lantern,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
    "536365,71053,Metal lantern,6,2010-12-01 08:26:00,3.39,17850,United Kingdom",
    "536366,22633,Hand warmer,2,2010-12-01 08:28:00,1.85,17850,United Kingdom",
    "536366,POST,Postage,1,2010-12-01 08:28:00,4.00,17850,United Kingdom",
    "C536379,22633,Hand warmer,-1,2010-12-02 09:41:00,1.85,17850,United Kingdom",
)
BAD = (
    "536367,84879,Bird ornament,many,2010-12-01 08:34:00,1.69,13047,United Kingdom",
    "C536380,22633,=cmd,-9,2010-12-02 09:45:00,1.85,17850,United Kingdom",
)


def order_file(*rows: str, heading: str = HEADING, name: str = "orders.csv") -> SimpleUploadedFile:
    """An upload with these rows, or with GOOD."""
    text = "\n".join((heading, *(rows or GOOD))) + "\n"
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")
