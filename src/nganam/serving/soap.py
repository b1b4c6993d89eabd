"""The JSON face of one operation of a SOAP system: a described mapping, no WSDL at run time.

Messages are read without entities, document types or network. A fault is told by its code only: its text may hold data.
"""

from typing import Any

import msgspec
from lxml import etree

from nganam.serving import problems
from nganam.serving.snapshot import Soap as Face

ENVELOPES = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
encode = msgspec.json.Encoder().encode


def headers(face: Face) -> tuple[tuple[str, str], ...]:
    """Return the headers of a call: SOAP 1.1 names its action in one of its own, 1.2 in the content type."""
    if face.version == "1.2":
        return (("content-type", f'application/soap+xml; charset=utf-8; action="{face.action}"'),)
    return (("content-type", "text/xml; charset=utf-8"), ("soapaction", f'"{face.action}"'))


def message(face: Face, parameters: dict[str, str]) -> bytes:
    """Return the SOAP message of a call; values are written as text, never as markup."""
    envelope = ENVELOPES[face.version]
    root = etree.Element(f"{{{envelope}}}Envelope", nsmap={"soap": envelope})
    call = etree.SubElement(etree.SubElement(root, f"{{{envelope}}}Body"), f"{{{face.namespace}}}{face.element}")
    for element, name in face.parameters:
        if name in parameters:
            try:
                etree.SubElement(call, f"{{{face.namespace}}}{element}").text = parameters[name]
            except ValueError as error:
                raise problems.bad_request(f"Giá trị của {name} có ký tự cấm.", "Kiểm tra lại giá trị.") from error
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def as_json(face: Face, content: bytes, status: int) -> bytes:
    """Return the records of an answer as a JSON list; raise ``Refused`` for a fault or what is no such answer."""
    body = _body(face, content)
    fault = next((one for one in body if _name(one) == "Fault"), None)
    if fault is not None:
        raise problems.source_refused(422 if _is_callers(fault) else 502)
    if status != 200:  # noqa: PLR2004
        raise problems.unavailable("Hệ thống của cơ quan cung cấp đang lỗi hoặc không trả lời.")
    way = [part for part in face.records.split("/") if part]
    found = [body]
    for part in way:
        found = [one for parent in found for one in parent if _name(one) == part]
    return encode([_value(one) for one in found])


def _body(face: Face, content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise problems.answer_unusable("trả lời XML không đọc được") from error
    if root.getroottree().docinfo.doctype:
        raise problems.answer_unusable("trả lời XML có khai báo kiểu tài liệu")
    envelope = ENVELOPES[face.version]
    body = root.find(f"{{{envelope}}}Body") if root.tag == f"{{{envelope}}}Envelope" else None
    if body is None:
        raise problems.answer_unusable("không trả lời bằng SOAP")
    return body


def _is_callers(fault: Any) -> bool:
    """Say whether a fault blames the caller (Client in SOAP 1.1, Sender in 1.2)."""
    words = " ".join(text for one in fault if _name(one) in {"faultcode", "Code"} for text in one.itertext())
    return "Client" in words or "Sender" in words


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _value(element: Any) -> Any:
    """Return an element as JSON: text, or an object of its elements; one that stands several times is a list."""
    inner = [one for one in element if isinstance(one.tag, str)]
    if not inner:
        return None if element.get(NIL) in {"true", "1"} else (element.text or "")
    found: dict[str, Any] = {}
    for one in inner:
        name, value = _name(one), _value(one)
        if name in found:
            kept = found[name]
            found[name] = [*kept, value] if isinstance(kept, list) else [kept, value]
        else:
            found[name] = value
    return found
