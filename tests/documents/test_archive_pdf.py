"""A letter's PDF is built as PDF/A-2a asks (ISO 19005-2): read object by object, not as it says of itself.

Looked at is what makes an archive file fail: colours without a profile, typefaces that are not in the file, encryption,
deeds that a reader would carry out, a structure that is not there, metadata at odds with each other.
"""

import io
from functools import cache
from xml.etree import ElementTree as ET

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

import scenes_letters as scenes
from nganam.documents.letters import pdf
from nganam.documents.models import Paper

DC, XMP = "{http://purl.org/dc/elements/1.1/}", "{http://ns.adobe.com/xap/1.0/}"
DEEDS = {"/JS", "/JavaScript", "/AA", "/OpenAction", "/EmbeddedFiles", "/XFA", "/RichMedia"}
ACTIONS = {"/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/JavaScript", "/Hide", "/SetOCGState"}
OF_A_KIND = pytest.mark.parametrize("kind", Paper.Kind.values)


@cache
def drawn(kind):
    """Draw a letter of a kind: an article for each order of a decision, running text in the others."""
    made = scenes.decision() if kind == Paper.Kind.DECISION else scenes.official_letter(kind=kind)
    return pdf.render(scenes.issued(made, f"01/{kind}-SKHCN"))


def read(kind):
    return PdfFileReader(io.BytesIO(drawn(kind)))


def everything(reader):
    """Return every object that is reached from the root, each once."""
    waiting, seen, found = [reader.trailer.raw_get("/Root")], set(), []
    while waiting:
        one = waiting.pop()
        if isinstance(one, generic.IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        found.append(one)
        if isinstance(one, generic.DictionaryObject):
            waiting += [one.raw_get(key) for key in one]
        elif isinstance(one, generic.ArrayObject):
            waiting += [one.raw_get(place) for place in range(len(one))]
    return found


def dictionaries(reader, kind):
    return [one for one in everything(reader) if isinstance(one, generic.DictionaryObject) and one.get("/Type") == kind]


@OF_A_KIND
def test_colours_have_a_profile_in_the_file(kind):
    intents = read(kind).root["/OutputIntents"]
    intent = intents[0]
    assert len(intents) == 1
    profile = intent["/DestOutputProfile"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert profile.data[36:40] == b"acsp", "an ICC profile"
    assert {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}[int(profile["/N"])] == profile.data[16:20]


@OF_A_KIND
def test_every_typeface_is_in_the_file_and_tells_its_characters(kind):
    fonts = dictionaries(read(kind), "/Font")
    simple = [one for one in fonts if one["/Subtype"] != "/Type0"]
    assert simple
    for one in simple:
        described = one["/FontDescriptor"]
        held = [described[key] for key in ("/FontFile", "/FontFile2", "/FontFile3") if key in described]
        assert len(held) == 1, one["/BaseFont"]
        assert len(held[0].data) > 1000
    for one in (one for one in fonts if one["/Subtype"] == "/Type0"):
        assert b"beginbfchar" in one["/ToUnicode"].data or b"beginbfrange" in one["/ToUnicode"].data


@OF_A_KIND
def test_nothing_is_encrypted_or_carried_out_and_the_file_is_told_apart(kind):
    reader = read(kind)
    assert "/Encrypt" not in reader.trailer
    assert len(reader.trailer["/ID"]) == 2
    held = [one for one in everything(reader) if isinstance(one, generic.DictionaryObject)]
    assert not {key for one in held for key in one} & DEEDS
    assert not {one.get("/S") for one in held if one.get("/Type") == "/Action"} & ACTIONS
    filters = {str(one.get("/Filter")) for one in held}
    assert not any("LZWDecode" in name or "Crypt" in name for name in filters)


@OF_A_KIND
def test_a_screen_reader_finds_language_and_structure(kind):
    root = read(kind).root
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("vi")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert {"/K", "/ParentTree"} <= set(root["/StructTreeRoot"])
    tags = {str(one.get("/S")) for one in dictionaries(read(kind), "/StructElem")}
    assert {"/Document", "/P"} <= tags


@OF_A_KIND
def test_what_the_metadata_say_twice_they_say_alike(kind):
    reader = read(kind)
    said = ET.fromstring(reader.root["/Metadata"].data)  # noqa: S314 - our own file

    def told(name):
        return "".join("".join(one.itertext()) for one in said.iter(name)).strip()

    info = reader.trailer["/Info"]
    assert told(f"{DC}title") == info["/Title"]
    assert told(f"{DC}creator") == info["/Author"]
    assert told(f"{XMP}CreatorTool") == info.get("/Creator", "")
    stamp = "".join(letter for letter in told(f"{XMP}CreateDate") if letter.isdigit())
    assert str(info["/CreationDate"]).startswith(f"D:{stamp}")
    assert "/Filter" not in reader.root["/Metadata"], "metadata are read without unpacking"
