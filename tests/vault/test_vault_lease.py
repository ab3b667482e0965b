"""Who asks how the archive stands is told whether a daemon holds the vault, wherever that daemon runs."""

from vault.vault import Vault


def test_a_vault_on_a_server_says_whether_a_daemon_holds_it(vault: Vault) -> None:
    on_a_server = vault.store.url.get_backend_name() != "sqlite"
    assert not vault.store.is_leased()
    with vault.store.lease():
        # Of a file the lease of its folder tells, which the daemon holds as well.
        assert vault.store.is_leased() is on_a_server
    assert not vault.store.is_leased()
