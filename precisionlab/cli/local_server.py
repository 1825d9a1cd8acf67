"""textual-serve for browsers on this machine alone; to be imported only where it is installed."""

import logging

from aiohttp import web
from textual_serve.server import Server

HOST = "localhost"
"""Nobody else may look: the app reads whatever its user can."""
OWN_HOSTS = (HOST, "127.0.0.1", "[::1]")


class LocalServer(Server):
    """Starts the app anew for each visit, if it comes from a page of ours.

    A page of anybody else's that is open in the same browser can reach local ports too;
    browsers tell of whom the page is.
    """

    def __init__(self, command: str, port: int) -> None:
        super().__init__(command, host=HOST, port=port, title="precisionlab")
        self._origins = {f"http://{host}:{port}" for host in OWN_HOSTS}

    def initialize_logging(self) -> None:
        """Only what goes wrong."""
        logging.basicConfig(level=logging.WARNING, format="%(message)s")

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: the command has said where the app is."""

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run the app for a page of ours."""
        if request.headers.get("Origin") not in self._origins:
            raise web.HTTPForbidden(text="this page is not of precisionlab")
        return await super().handle_websocket(request)
