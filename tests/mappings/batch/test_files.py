"""What is no file of mappings is refused with a sentence that says what to do."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest

from mappings.batch.columns import FileRefused, header_read
from mappings.batch.files import MOST_ROWS, rows_read
from tests.mappings.batch.files import csv_of, xlsx_of

SHEET = "xl/worksheets/sheet1.xml"
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
HEADER = ["Item ID", "CRM product id"]


def refused(body: bytes) -> str:
    with pytest.raises(FileRefused) as err:
        list(rows_read(body))
    return str(err.value)


def rezipped(body: bytes, part: str, content: bytes) -> bytes:
    """The workbook with another content of one part, or with one part more."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), part}:
            new.writestr(name, content if name == part else old.read(name))
    return file.getvalue()


def with_shared_strings(content: bytes) -> bytes:
    """A workbook whose first cell is the first of these shared strings, as Excel writes it."""
    with zipfile.ZipFile(io.BytesIO(xlsx_of(["x"]))) as archive:
        types = archive.read("[Content_Types].xml")
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    more = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    body = sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
    body = rezipped(body, "[Content_Types].xml", types.replace(b"</Types>", more))
    return rezipped(body, "xl/sharedStrings.xml", content)


def sheet(rows: str) -> bytes:
    xml = f'<worksheet xmlns="{SPACE}"><sheetData>{rows}</sheetData></worksheet>'
    return rezipped(xlsx_of(HEADER), SHEET, xml.encode())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_of_any_spreadsheet(delimiter: str, encoding: str) -> None:
    body = csv_of(HEADER, ["BÖNE,1", "7"], [], ["LEASH;2", "8"], delimiter=delimiter, encoding=encoding)
    assert list(rows_read(body)) == [(1, HEADER), (2, ["BÖNE,1", "7"]), (4, ["LEASH;2", "8"])]


def test_a_line_that_names_the_delimiter_is_no_row() -> None:
    assert list(rows_read(b"sep=;\r\nItem ID;Goals\r\nA;b/c\r\n"))[1] == (2, ["A", "b/c"])


def test_a_workbook_s_numbers_are_what_the_cell_shows() -> None:
    rows = list(rows_read(xlsx_of(HEADER, [123, 7.0], [None, None], ["007", "8"])))
    assert [(number, row[:2]) for number, row in rows[1:]] == [(2, ["123", "7"]), (4, ["007", "8"])]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old Excel file"),
        (csv_of(HEADER, ["BÖNE", "7"], encoding="latin-1"), "UTF-8"),
        (b"\xff\xfeI", "UTF-8"),
        (b"Item ID,Goals\r\n" + b'"never closed', "quotation marks"),
        (b"PK\x03\x04 no archive", "no Excel workbook"),
        (xlsx_of(HEADER)[:-300], "no Excel workbook"),
        (xlsx_of(HEADER, ["A", "=1+1"]), "formula"),
        (xlsx_of(HEADER, ["A", True]), "TRUE"),
        (xlsx_of(HEADER, [12345678901234567, "7"]), "more than 15 digits"),
        (xlsx_of(HEADER, [1.2345678901234568e16, "7"]), "more than 15 digits"),
        (b"Item ID,Goals\r\n" + b"x" * 200_000, "quotation marks"),
    ],
)
def test_what_cannot_be_read(body: bytes, says: str) -> None:
    assert says in refused(body)


def test_any_zip_is_no_workbook() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no Excel workbook" in refused(file.getvalue())


def test_a_zip_bomb_is_not_unpacked() -> None:
    body = rezipped(xlsx_of(HEADER), SHEET, b" " * 30_000_000)
    assert len(body) < 100_000
    assert "too large when unpacked" in refused(body)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml"])
def test_entities_are_not_expanded(part: str) -> None:
    bomb = DOCTYPE + b"<worksheet>&b;</worksheet>"
    assert "no Excel workbook" in refused(rezipped(xlsx_of(["Item ID", "x"]), part, bomb))


def test_shared_strings_are_read_and_their_entities_are_not_expanded() -> None:
    sst = b'<sst xmlns="' + SPACE.encode() + b'"><si><t>%s</t></si></sst>'
    ((_, row),) = rows_read(with_shared_strings(sst % b"Item ID"))
    assert row[0] == "Item ID"
    assert "no Excel workbook" in refused(with_shared_strings(DOCTYPE + sst % b"&b;"))


def test_a_sheet_that_lies_about_its_size_costs_nothing() -> None:
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>Item ID</t></is></c></row>'
    far = '<row r="99999999999"><c r="XFD9" t="inlineStr"><is><t>x</t></is></c></row>'
    assert "rows" in refused(sheet(row + far))
    wide = '<row r="2"><c r="XFD2" t="inlineStr"><is><t>x</t></is></c></row>'
    assert len(list(rows_read(sheet(row + wide)))) == 1


def test_more_items_than_the_most() -> None:
    assert "split it" in refused(b"Item ID,Goals\r\n" + b"A,b/c\r\n" * (MOST_ROWS + 1))


def shared(count: int, text: str) -> bytes:
    return f'<sst xmlns="{SPACE}">{f"<si><t>{text}</t></si>" * count}</sst>'.encode()


HOSTILE = {
    "a text without end": with_shared_strings(shared(1, "x" * 1_000_001)),
    "a text of many parts": with_shared_strings(shared(1, "</t><t>" * 3000)),
    "one row of many cells": sheet(f'<row r="1">{"<c/>" * 3000}</row>'),
    "one row of one long text": sheet(
        f'<row r="1"><c t="inlineStr"><is><t>{"x" * 1_000_001}</t></is></c></row>'
    ),
    "elements outside the rows": sheet("</sheetData>" + "<x/>" * 30_000 + "<sheetData>"),
    "many styles": rezipped(
        xlsx_of(HEADER), "xl/styles.xml", b"<styleSheet>" + b"<xf/>" * 30_000 + b"</styleSheet>"
    ),
    "many attributes": sheet("<row " + " ".join(f'a{n}=""' for n in range(3000)) + "/>"),
    "a large small part": rezipped(xlsx_of(HEADER), "docProps/core.xml", b"<x>" + b" " * 2_100_000 + b"</x>"),
    "a line of CSV without end": b"Item ID,Goals\r\n" + b"," * 1_000_001,
    "a row of CSV without end": b"Item ID,Goals\r\n" + b'"\n",' * 300_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_would_fill_the_memory_is_refused_before_it_does(body: bytes) -> None:
    tracemalloc.start()
    try:
        sentence = refused(body)
        assert tracemalloc.get_traced_memory()[1] < 12_000_000, "more was built than was counted"
    finally:
        tracemalloc.stop()
    assert "too large" in sentence or "longer than a million" in sentence


def test_a_lease_can_be_renewed_while_a_workbook_is_counted() -> None:
    ticks: list[int] = []
    body = with_shared_strings(shared(50_000, "a text"))
    assert len(list(rows_read(body, lambda: ticks.append(1)))) == 1
    assert len(ticks) > 100


def test_many_shared_texts_wait_on_disk() -> None:
    body = with_shared_strings(shared(200_000, "a text of the size of a name"))
    tracemalloc.start()
    try:
        assert len(list(rows_read(body))) == 1
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


# -- the header --------------------------------------------------------------------------------------


def test_columns_in_any_order_case_and_spacing() -> None:
    header = header_read(["goals", "", "ITEM_ID", " contact  tags "])
    assert (header.item, header.places, header.width) == (2, {"goals": 0, "tags": 3}, 4)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["Item ID", "Contct tags"], "Did you mean “Contact tags”"),
        (["Item ID", "Price"], "The columns are"),
        (["CRM product id"], "“Item ID” is missing"),
        (["Item ID", "Goals", "goals"], "twice"),
        (["Item ID"], "at least one more"),
        (["Item ID", "Product name in the CRM"], "at least one more"),
    ],
)
def test_a_wrong_header_is_named(names: list[str], says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        header_read(names)
