"""What several tests of the prover share."""

import pytest

from tests import circoms, once


@pytest.fixture(scope="session")
def circom_folders(tmp_path_factory):
    """{name of a case: the folder with circom's and snarkjs's files of it}; nobody writes into them."""
    return circoms.folders(once.folder(tmp_path_factory, "circom", circoms.make))
