"""Elements by number by the browser backend are those of the other two."""

from hypothesis import given, settings
from hypothesis import strategies as st
from torch_browser import check
from torch_tables import ALL

from scratch.torch import dtypes


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_taking_and_adding_rows(data):
    """Oracle: NumPy and Python. What is added adds up; an index beyond the rows is an IndexError."""
    check.rows(data, ALL)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_gathering_and_scattering_along_an_axis(data):
    """Oracle: NumPy and Python."""
    check.along_an_axis(data, [dtypes.float32, dtypes.float64, dtypes.int64])
