"""Laws of ids on the wire, held against the TypeID library."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typeid import TypeID

from tael.kernel import ids
from tael.kernel.refusals import MalformedId


@given(st.uuids())
def test_an_id_on_the_wire_is_the_typeid_of_the_library(identifier: UUID) -> None:
    # The library annotates its own UUID class, and takes the standard one as well.
    suffix: Any = identifier
    assert ids.wire("pay", identifier) == str(TypeID.from_uuid(prefix="pay", suffix=suffix))


@given(st.uuids())
def test_an_id_comes_back_from_the_wire(identifier: UUID) -> None:
    assert ids.parse("pay", ids.wire("pay", identifier)) == identifier


@given(st.text(max_size=40))
def test_what_is_no_id_is_refused(text: str) -> None:
    for given_text in (text, f"pay_{text}"):
        try:
            found = ids.parse("pay", given_text)
        except MalformedId:
            continue
        assert ids.wire("pay", found) == given_text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pay",
        "pay_",
        "ord_01h455vb4pex5vsknk084sn02q",
        "pay_01H455VB4PEX5VSKNK084SN02Q",
        "pay_81h455vb4pex5vsknk084sn02q",
        "pay_01h455vb4pex5vsknk084sn02u",
        "pay_01h455vb4pex5vsknk084sn02",
        "pay_01h455vb4pex5vsknk084sn02qq",
        "pay_pay_01h455vb4pex5vsknk084sn02q",
        "pay_０1h455vb4pex5vsknk084sn02q",
    ],
)
def test_a_malformed_id_is_refused(text: str) -> None:
    with pytest.raises(MalformedId):
        ids.parse("pay", text)
