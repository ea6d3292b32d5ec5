"""A carrier behind a SOCKS proxy connects through it alone, and TLS trusts no stranger's certificate."""

import datetime
import socket
import ssl
import threading
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prover.carriers import nostrear, nostrpolicy
from prover.carriers.nostr import NostrCarrier
from prover.network.wire.letterpage import LETTER_SIZES
from settlement.errors import Unavailable
from tests.prover.carriers.between import Server, Socks, copy
from tests.prover.carriers.sites import Collected, Nostr, now_ms
from zk import entropy

NAME = "relay.invalid"  # nobody but the proxy knows where that is (RFC 2606)


@pytest.fixture
def site(tmp_path):
    site = Nostr(tmp_path)
    yield site
    site.close()


@pytest.fixture
def proxy():
    proxy = Socks({NAME: "127.0.0.1", "127.0.0.1": "127.0.0.1"})
    yield proxy
    proxy.close()


def carrier(site, url, proxy):
    made = NostrCarrier([url], site.ledger_id, now_ms, f"127.0.0.1:{proxy}")
    site.resources.callback(made.close)
    return made


def test_every_connection_goes_through_the_proxy_and_names_are_resolved_there(site, proxy, monkeypatch):
    ports = set()
    peer = nostrpolicy._peer
    monkeypatch.setattr(nostrpolicy, "_peer", lambda address: (ports.add(int(address[10:])), peer(address))[1])
    got, order, sent = Collected(), site.order(), entropy.token(LETTER_SIZES[0])
    through = carrier(site, f"ws://{NAME}:{site.port}", proxy.port)
    got.subscribe(through, now_ms() - 10_000)
    through.publish(order)
    through.send(sent)
    got.wait([order], [sent])
    assert set(proxy.asked) == {(NAME, site.port)} and len(proxy.asked) >= 2  # one to send, one to listen
    assert ports and ports <= proxy.ports


def test_without_its_proxy_a_relay_that_could_be_reached_is_not(site, proxy, monkeypatch):
    monkeypatch.setattr("prover.carriers.nostr.CONNECT_S", 0.5)
    monkeypatch.setattr(nostrear, "RETRY_S", 0.1)
    url, got = f"ws://127.0.0.1:{site.port}", Collected()
    proxy.close()
    behind = carrier(site, url, proxy.port)
    subscription = got.subscribe(behind)
    with pytest.raises(Unavailable):
        behind.publish(site.order())
    assert not subscription.caught_up(0.5) and got.orders == []
    assert site.carrier().publish(site.order()) == 1  # it is there


class Tls(Server):
    """Speaks TLS with a certificate that nobody signed but itself, and passes on to a port what comes."""

    def __init__(self, folder, port):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.UTC)
        signed = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        (folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.to, self.failed, self.hellos = port, [], 0
        super().__init__()

    def serve(self, connection):
        self.hellos += 1
        try:
            spoken = self._context.wrap_socket(connection, server_side=True)
        except OSError as error:
            self.failed.append(str(error))
            return
        there = socket.create_connection(("127.0.0.1", self.to))
        threading.Thread(target=copy, args=(there, spoken), daemon=True).start()
        with suppress(OSError):
            copy(spoken, there)


def test_tls_begins_and_a_certificate_that_nobody_vouches_for_is_refused(site, tmp_path, monkeypatch):
    monkeypatch.setattr("prover.carriers.nostr.CONNECT_S", 1.0)
    tls = Tls(tmp_path, site.port)
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")  # who trusts it reaches the relay
    with socket.create_connection(("127.0.0.1", tls.port)) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as spoken:
            assert spoken.version() in ("TLSv1.2", "TLSv1.3")
    made = NostrCarrier([f"wss://localhost:{tls.port}"], site.ledger_id, now_ms)
    site.resources.callback(made.close)
    with pytest.raises(Unavailable):
        made.publish(site.order())
    tls.close()
    assert tls.hellos >= 2 and any("alert" in each.lower() for each in tls.failed), tls.failed
