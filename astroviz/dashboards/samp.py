"""Tables to and from TOPCAT, Aladin and their like, over SAMP; off until it is switched on.

Only on this machine: the hub that is asked, or started when there is none, listens on 127.0.0.1,
and a table is taken from a file or from this machine only.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname, urlopen

from astropy.table import Table

__all__ = ["Samp", "SampError", "content_of"]

_LOCAL = ("127.0.0.1", "localhost", "::1", "")
_TABLE_TYPES = ("table.load.votable", "table.load.fits")


class SampError(ValueError):
    """Something is wrong with SAMP; the sentence says what."""


def content_of(url: str) -> tuple[bytes, str]:
    """Bytes and name of a table that is offered; refuses what is not on this machine."""
    parts = urlparse(url)
    name = Path(parts.path).name or "table"
    if parts.scheme == "file" and (parts.hostname or "") in _LOCAL:
        return Path(url2pathname(parts.path)).read_bytes(), name
    if parts.scheme == "http" and (parts.hostname or "-") in _LOCAL:
        with urlopen(url, timeout=30) as answer:
            return answer.read(), name
    raise SampError(
        f"a table was offered at {url}, which is not on this machine; it was not read."
    )


class Samp:
    r"""A client of a SAMP hub.

    Arguments:
        received: Called with (content, name) of a table, in SAMP's own thread.
        failed: Called with a sentence, in SAMP's own thread.
    """

    def __init__(
        self, received: Callable[[bytes, str], None], failed: Callable[[str], None]
    ) -> None:
        self.received, self.failed = received, failed
        self._client: Any = None
        self._hub: Any = None

    @property
    def connected(self) -> bool:
        """Whether a hub is there and we are registered with it."""
        return self._client is not None and bool(self._client.is_connected)

    def connect(self) -> None:
        """Register with the hub that runs here; start one when there is none."""
        with warnings.catch_warnings():
            # astropy 8 announces that pyvo will take SAMP over; it still works.
            warnings.simplefilter("ignore")
            from astropy.samp import SAMPHubServer, SAMPIntegratedClient, conf
            from astropy.samp.errors import SAMPHubError

        conf.use_internet = False
        client = SAMPIntegratedClient(
            name="astroviz", description="Young stars with gaps", addr="127.0.0.1"
        )
        try:
            client.connect()
        except SAMPHubError:
            self._hub = SAMPHubServer(web_profile=False, addr="127.0.0.1", label="astroviz")
            self._hub.start()
            client.connect()
        for kind in _TABLE_TYPES:
            client.bind_receive_call(kind, self._on_call)
            client.bind_receive_notification(kind, self._on_notification)
        self._client = client

    def close(self) -> None:
        """Leave the hub, and stop it if it is ours."""
        client, self._client = self._client, None
        hub, self._hub = self._hub, None
        if client is not None:
            client.disconnect()
        if hub is not None:
            hub.stop()

    def others(self) -> list[str]:
        """Names of the programs that would read a table."""
        if not self.connected:
            return []
        clients = self._client.get_subscribed_clients(_TABLE_TYPES[0])
        return [self._client.get_metadata(key).get("samp.name", key) for key in clients]

    def send(self, table: Table, name: str) -> int:
        """Offer a table to every program that reads tables; returns how many there are."""
        if not self.connected:
            raise SampError("SAMP is off: switch it on first.")
        readers = len(self._client.get_subscribed_clients(_TABLE_TYPES[0]))
        if readers == 0:
            raise SampError(
                "no other program is connected that reads tables; open TOPCAT or Aladin."
            )
        path = Path(tempfile.mkdtemp(prefix="astroviz-samp-")) / f"{name}.vot"
        table.write(path, format="votable")
        self._client.notify_all(
            {
                "samp.mtype": _TABLE_TYPES[0],
                "samp.params": {"url": path.as_uri(), "name": name, "table-id": name},
            }
        )
        return readers

    def _on_call(
        self, key: str, sender: str, message: str, kind: str, values: Any, extra: Any
    ) -> None:
        self._client.reply(message, {"samp.status": "samp.ok", "samp.result": {}})
        self._take(values)

    def _on_notification(self, key: str, sender: str, kind: str, values: Any, extra: Any) -> None:
        self._take(values)

    def _take(self, values: Any) -> None:
        try:
            content, name = content_of(str(values.get("url", "")))
        except (SampError, OSError) as error:
            self.failed(str(error))
            return
        self.received(content, str(values.get("name") or name))
