"""The service account: signs requests, and says in words what is wrong with its key."""

from functools import cached_property, partial
from pathlib import Path

import requests.auth
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from sync.errors import CredentialsRefused, Unavailable

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
)
TIMEOUT_S = 30.0


class ServiceAccount(requests.auth.AuthBase):
    """Puts a valid bearer token on every request.

    google-auth's own session would look up trust boundaries in the background and carry the token to a third host; the
    public `refresh` does not.
    """

    def __init__(self, service: str, key_file: Path) -> None:
        self._service, self._key_file = service, key_file

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self._credentials.valid:
            self.refresh()
        request.headers["Authorization"] = f"Bearer {self._credentials.token}"
        return request

    @property
    def email(self) -> str:
        """With whom the spreadsheet has to be shared."""
        return str(self._credentials.service_account_email)

    @property
    def secret(self) -> bytes:
        """The key file. CredentialsRefused when it is not there."""
        try:
            return self._key_file.read_bytes()
        except OSError as error:
            message = f"the key file {self._key_file} cannot be read: {error.strerror}"
            raise self._refused(message, MAKE_KEY) from None

    def refresh(self) -> None:
        """A new token. CredentialsRefused when Google does not accept the key, Unavailable when it cannot be asked."""
        try:
            self._credentials.refresh(partial(Request(), timeout=TIMEOUT_S))  # type: ignore[no-untyped-call]
        except RefreshError as error:
            if error.retryable:
                raise Unavailable(self._service, "the token endpoint fails") from None
            raise self._refused("Google refused the service account's key", CHECK_KEY) from None
        except TransportError:
            raise Unavailable(self._service, "the token endpoint cannot be reached") from None
        except GoogleAuthError:
            raise self._refused("the service account's key cannot be used", CHECK_KEY) from None

    @cached_property
    def _credentials(self) -> service_account.Credentials:
        try:
            return service_account.Credentials.from_service_account_file(  # type: ignore[no-any-return, no-untyped-call]
                str(self._key_file), scopes=SCOPES
            )
        except OSError as error:
            message = f"the key file {self._key_file} cannot be read: {error.strerror}"
            raise self._refused(message, MAKE_KEY) from None
        except (ValueError, KeyError, TypeError, AttributeError, GoogleAuthError):
            # The reason is not repeated: a parser's message may quote the private key.
            message = f"the key file {self._key_file} is not a service account's JSON key"
            raise self._refused(message, MAKE_KEY) from None

    def _refused(self, message: str, advice: str) -> CredentialsRefused:
        return CredentialsRefused(self._service, message, advice=advice)


MAKE_KEY = (
    "create a JSON key of the service account in the Google Cloud console "
    "and let TABLEKEEPER_GOOGLE_CREDENTIALS name the file"
)
CHECK_KEY = "check that the key and the account still exist in the Google Cloud console and that this machine's clock is right"
