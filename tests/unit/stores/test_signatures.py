"""A model serves when who signed it is trusted today, and says why not otherwise."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from components.contracts.errors import ModelError, StoreError, UseCaseError
from components.stores.folders import ONNX, SIGNATURE, read_folder
from components.stores.signatures import Signer, Trust, require_signed, sign
from tests.certificates import Authority, write
from tests.models import key_pair, written

OURS, THEIRS = Authority.new("ours"), Authority.new("theirs")
BETWEEN = Authority.new("between", OURS)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return copytree(made, tmp_path / "model")


@pytest.fixture
def roots(tmp_path) -> Trust:
    return Trust(roots=write(tmp_path / "roots.pem", OURS.certificate))


def signer(place: Path, issued, *between: Authority) -> Signer:
    """The files of a key and its certificate."""
    key, certificate = issued
    chain = write(place / "chain.pem", certificate, *(each.certificate for each in between))
    return Signer(write(place / "key.pem", key), chain)


def check(folder: Path, trust: Trust) -> None:
    require_signed(read_folder(folder)[1], trust, str(folder))


@pytest.mark.parametrize(("by", "between"), [(OURS, ()), (BETWEEN, (BETWEEN,))])
def test_a_certificate_that_leads_to_a_trusted_root_holds(by, between, folder, roots, tmp_path):
    sign(str(folder), signer(tmp_path, by.issue("pipeline"), *between))

    check(folder, roots)


def test_a_certificate_of_another_authority_is_refused(folder, roots, tmp_path):
    sign(str(folder), signer(tmp_path, THEIRS.issue("pipeline"), THEIRS))

    with pytest.raises(ModelError, match="its signature does not hold"):
        check(folder, roots)


def test_a_certificate_whose_link_to_the_root_is_missing_is_refused(folder, roots, tmp_path):
    sign(str(folder), signer(tmp_path, BETWEEN.issue("pipeline")))

    with pytest.raises(ModelError, match="unable to get local issuer"):
        check(folder, roots)


def test_a_certificate_that_is_over_is_refused_and_signs_nothing(folder, roots, tmp_path):
    over = signer(tmp_path, OURS.issue("pipeline", days=(-5, -1)))
    with pytest.raises(StoreError, match="is valid from"):
        sign(str(folder), over)
    old = signed_long_ago(folder, over)
    (folder / SIGNATURE).write_bytes(old)

    with pytest.raises(ModelError, match="certificate has expired"):
        check(folder, roots)


def signed_long_ago(folder: Path, over: Signer) -> bytes:
    """What the library makes of a certificate that is over: it does not look at the date."""
    from model_signing import signing

    place = folder.parent / SIGNATURE
    config = signing.Config().use_certificate_signer(
        private_key=over.key, signing_certificate=over.certificate, certificate_chain=[over.certificate]
    )
    config.sign(folder, place)
    return place.read_bytes()


def test_a_root_that_is_over_is_refused(folder, tmp_path):
    old = Authority.new("old", days=(-9, -2))
    sign(str(folder), signer(tmp_path, old.issue("pipeline", days=(-5, 5))))

    with pytest.raises(ModelError, match="certificate has expired"):
        check(folder, Trust(roots=write(tmp_path / "old.pem", old.certificate)))


def test_a_certificate_that_is_not_for_signing_is_refused(folder, roots, tmp_path):
    sign(str(folder), signer(tmp_path, OURS.issue("web server", signs=False)))

    with pytest.raises(ModelError, match="cannot be used for signing"):
        check(folder, roots)


def test_a_key_that_is_not_the_certificates_signs_nothing(folder, tmp_path):
    mixed = signer(tmp_path, (THEIRS.issue("a")[0], OURS.issue("b")[1]))

    with pytest.raises(StoreError, match="does not match"):
        sign(str(folder), mixed)
    assert not (folder / SIGNATURE).exists()


def test_an_unsigned_model_is_refused(folder, roots):
    with pytest.raises(ModelError, match="is not signed"):
        check(folder, roots)


def test_a_model_that_was_changed_after_signing_is_refused(folder, roots, tmp_path):
    sign(str(folder), signer(tmp_path, OURS.issue("pipeline")))
    contents = read_folder(folder)[1]
    contents[ONNX] = contents[ONNX] + b" "

    with pytest.raises(ModelError, match="its signature does not hold"):
        require_signed(contents, roots, "here")


def test_the_signature_of_another_model_is_refused(folder, roots, tmp_path):
    other = written(tmp_path, "late", "linear")
    sign(str(other), signer(tmp_path, OURS.issue("pipeline")))
    (folder / SIGNATURE).write_bytes((other / SIGNATURE).read_bytes())

    with pytest.raises(ModelError, match="its signature does not hold"):
        check(folder, roots)


def test_a_key_is_no_certificate_and_a_certificate_no_key(folder, roots, tmp_path):
    private, public = key_pair(tmp_path / "bare")
    sign(str(folder), Signer(private))
    check(folder, Trust(public_key=public, roots=roots.roots))
    with pytest.raises(ModelError, match=r"signed with a key, and EVERGREEN_SERVING_PUBLIC_KEY"):
        check(folder, roots)

    sign(str(folder), signer(tmp_path, OURS.issue("pipeline")), again=True)
    check(folder, Trust(public_key=public, roots=roots.roots))
    with pytest.raises(ModelError, match=r"signed with a certificate, and EVERGREEN_SERVING_ROOTS"):
        check(folder, Trust(public_key=public))


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"verificationMaterial": 1}', b'{"verificationMaterial": {"x509CertificateChain": {"certificates": [{"rawBytes": "?"}]}}}',
     b'{"verificationMaterial": {"x509CertificateChain": {"certificates": [{"rawBytes": "AAAA"}]}}}', b"\xff"],
)  # fmt: skip
def test_a_signature_that_is_none_is_refused(content, folder, roots):
    (folder / SIGNATURE).write_bytes(content)

    with pytest.raises(ModelError, match="signature"):
        check(folder, roots)


def test_a_certificate_in_the_settings_needs_its_key(settings):
    with pytest.raises(UseCaseError, match="EVERGREEN_SIGNING_KEY"):
        Signer.of(settings.model_copy(update={"signing_certificate": Path("chain.pem")}))
