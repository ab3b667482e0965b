"""The command that serves the desk: what it refuses to do, and HTTPS by a given certificate."""

import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.desk.desk_office import DeskOffice, running_desk, sign_in


def test_without_https_it_is_not_served_to_the_network(desk: DeskOffice) -> None:
    answer = desk.office.run("desk", "--host", "0.0.0.0", "--json")
    assert answer.code == 2
    assert "--certificate" in answer.json["advice"]


def test_a_certificate_needs_its_key(desk: DeskOffice, tmp_path: Path) -> None:
    assert desk.office.run("desk", "--certificate", str(tmp_path / "none.pem")).code == 2


def test_a_port_that_is_taken_is_told(desk: DeskOffice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = desk.office.run("desk", "--port", str(taken.getsockname()[1]), "--json")
    assert answer.code == 1
    assert "--port" in answer.json["advice"]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "desk.pem", tmp_path / "desk.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def test_over_https_the_session_is_a_cookie_of_this_host_alone(
    desk: DeskOffice, certificate: tuple[Path, Path]
) -> None:
    files = [str(file) for file in certificate]
    options = ("--certificate", files[0], "--key", files[1])
    with running_desk(desk.office, *options) as safe, requests.Session() as browser:
        browser.trust_env, browser.verify, browser.headers["Origin"] = False, files[0], safe.url
        answer = sign_in(browser, safe)
        assert urlsplit(safe.url).scheme == "https"
        assert "max-age" in answer.headers["strict-transport-security"]
        handed_out = next(one for one in answer.raw.headers.getlist("set-cookie") if "desk-form" not in one)
        name, _, rest = handed_out.partition("=")
        assert (answer.status_code, name) == (303, "__Host-desk")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(rest.split("; "))
        assert "Domain" not in rest
        assert browser.get(f"{safe.url}/find", allow_redirects=False).status_code == 200
        # Under the name that a page of plain HTTP could set, the same key opens nothing.
        other = {"desk": browser.cookies["__Host-desk"]}
        plain = requests.get(f"{safe.url}/find", cookies=other, verify=files[0], allow_redirects=False)
        assert plain.status_code == 303
