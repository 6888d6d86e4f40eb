"""The files for several servers on one machine: HAProxy and systemd accept them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.machine import Wanted, bind_of, cores_here, groups, main, warnings, write
from foretype.support.cores import physical_cores
from foretype.support.settings import PREFIX, Settings, load
from tests.server.certificates import self_signed

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("servers", [1, 2, 99])
def test_haproxy_accepts_its_configuration(tmp_path: Path, haproxy_program: str, servers: int) -> None:
    signed = self_signed(tmp_path / "tls")
    certificate = tmp_path / "haproxy.pem"
    certificate.write_bytes(signed.certificate.read_bytes() + signed.key.read_bytes())
    made = tmp_path / "made"
    words = [
        "--bind",
        ":8443",
        "--certificate",
        str(certificate),
        "--control",
        str(tmp_path / "admin.sock"),
        "--user",
        "root",
    ]
    assert main([str(servers), str(made), *words]) == 0
    checked = subprocess.run(
        [haproxy_program, "-c", "-f", str(made / "haproxy.cfg")], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    assert "  user root\n  group root\n" in (made / "haproxy.cfg").read_text("utf-8")
    assert "WARNING" not in checked.stderr.upper()
    content = (made / "haproxy.cfg").read_text("utf-8")
    assert (
        len(re.findall(r"^  server s\d\d 127\.0\.0\.1:227\d\d check port 228\d\d$", content, re.M)) == servers
    )
    assert len(list(made.glob("foretype@*.service.d/cores.conf"))) == servers


def test_without_a_certificate_haproxy_listens_on_this_machine_only(tmp_path: Path) -> None:
    assert bind_of("127.0.0.1:8080", None) == "127.0.0.1:8080"
    assert bind_of("[::1]:8080", None) == "[::1]:8080"
    for address in (":443", "*:443", "0.0.0.0:443", "10.0.0.1:443", "example.org:443"):
        with pytest.raises(ValueError, match="--certificate"):
            bind_of(address, None)
        with pytest.raises(SystemExit):
            main(["2", str(tmp_path / "made"), "--bind", address])
    assert not (tmp_path / "made").exists()


def test_a_core_belongs_to_one_server() -> None:
    four = [[0, 4], [1, 5], [2, 6], [3, 7]]
    assert groups(four, 2) == [[0, 1, 4, 5], [2, 3, 6, 7]]
    assert groups(four, 3) == [[0, 4], [1, 5], [2, 3, 6, 7]]
    assert groups([[0], [1]], 3) == [[0, 1]] * 3  # too few: the system shares them
    assert len(cores_here()) == physical_cores()


def test_what_is_missing_or_may_not_be_meant_is_said(tmp_path: Path) -> None:
    there = tmp_path / "haproxy.pem"
    there.write_text("a certificate")
    assert warnings(2, 2, str(there), "a.example") == []
    (cores,) = warnings(4, 2, None, "a.example")
    assert "This machine has 2 cores, so the 4 servers share them" in cores
    (certificate,) = warnings(1, 2, str(tmp_path / "none.pem"), "a.example")
    assert str(tmp_path / "none.pem") in certificate
    (host,) = warnings(1, 2, None, None)
    assert "--host" in host


def test_the_name_of_the_machine_is_written_into_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["1", str(tmp_path / "made"), "--certificate", str(tmp_path / "none.pem")]
    assert main([*words, "--host", "words.example.net"]) == 0
    settings = (tmp_path / "made" / "foretype.env").read_text("utf-8")
    assert "\nFORETYPE_ALLOWED_HOSTS=words.example.net\n" in settings
    assert "complete.example.org" not in settings
    said = capsys.readouterr().err
    assert said.count("Warning: ") == 1
    assert "none.pem" in said
    with pytest.raises(SystemExit):
        main([*words, "--host", "https://words.example.net"])


def test_the_settings_file_is_one_that_a_server_takes() -> None:
    lines = (ROOT / "deploy" / "foretype.env").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    names = {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
    assert names.keys() <= Settings.model_fields.keys()
    settings = load(names)
    unit = (ROOT / "deploy" / "foretype@.service").read_text("utf-8")
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.M)
    assert settings.drain_seconds + 10 < int(stop)
    for name in re.findall(r"(FORETYPE_\w+)=", unit):
        assert name.removeprefix(PREFIX).lower() in Settings.model_fields


def test_all_servers_of_a_machine_have_one_state_folder() -> None:
    """Own words that are forgotten on one of them are forgotten on all."""
    unit = (ROOT / "deploy" / "foretype@.service").read_text("utf-8")
    assert re.findall(r"FORETYPE_STATE_DIR=(\S+)", unit) == ["/var/lib/foretype"]
    assert re.findall(r"^StateDirectory=(.*)$", unit, re.M) == ["foretype"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd checks its own units")
def test_systemd_accepts_the_template(tmp_path: Path) -> None:
    write(tmp_path, Wanted(2, ":443", "/run/haproxy/admin.sock", "haproxy"))
    template = tmp_path / "foretype@.service"
    # Only a program that exists is accepted.
    template.write_text(
        template.read_text("utf-8").replace("/opt/foretype/bin/foretype", shutil.which("true") or "")
    )
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "foretype@01.service")],
        capture_output=True,
        text=True,
    )
    assert "foretype@" not in checked.stderr, checked.stderr
    assert checked.returncode == 0, checked.stderr
