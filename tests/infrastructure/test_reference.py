import pytest

from docs.reference import PAGE, reference
from tests.infrastructure.assembly import Assembly


@pytest.mark.parametrize("assembly", ["dev"], indirect=True)
def test_the_reference_is_what_the_code_says(assembly: Assembly) -> None:
    assert PAGE.read_text() == reference(assembly.templates), "run `make reference`"
