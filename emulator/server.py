"""The HTTP server: sockets to requests, answers to bytes, and scripted troubles carried out on the wire.

One event loop and no ``await`` between reading the portal and writing it, so every request is carried out
whole and in the order it was read: state needs no locks and tests are deterministic.
"""

import asyncio
import json
import logging
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aiohttp import web

from emulator import errors
from emulator.calls import Answer, refused
from emulator.faults import Fault
from emulator.service import Arrival, Request, Service

HOST = "127.0.0.1"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_QUIET = logging.getLogger("emulator.http")
"""Where aiohttp tells of clients that do not speak HTTP: stderr is kept for our own bugs."""
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False
_ADMIN = "/_emulator/"
_Answering = Callable[[web.BaseRequest, Request], Awaitable[web.StreamResponse]]
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>Error {0}</h1></body></html>"


class Server:
    """Serves one :class:`~emulator.service.Service` on a loopback port until told to stop."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._world = service.world
        self._base_url = ""

    async def run(self, port: int, announce: Callable[[str], None]) -> None:
        """Listen, tell the base URL, serve until told to stop. Raises :class:`OSError` for a bad port."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        runner = web.ServerRunner(
            web.Server(
                self._handle,
                access_log=None,
                logger=_QUIET,
                max_line_size=65536,
                max_field_size=65536,
            ),
            shutdown_timeout=0.1,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port, backlog=512).start()
            self._base_url = f"http://{HOST}:{runner.addresses[0][1]}"
            announce(self._base_url)
            await stop.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, http: web.BaseRequest) -> web.StreamResponse:
        if http.raw_path.startswith(_ADMIN):
            return await self._guarded(http, self._arrange)
        self._world.journal.begin()
        try:
            return await self._guarded(http, self._answer)
        finally:
            self._world.journal.end()

    async def _guarded(self, http: web.BaseRequest, answer: _Answering) -> web.StreamResponse:
        try:
            request = await self._read(http)
        except web.RequestPayloadError:
            return _response(refused(errors.bad_json("the body breaks off")))
        try:
            return await answer(http, request)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return _response(refused(errors.error(500, "internal error")))

    async def _read(self, http: web.BaseRequest) -> Request:
        path, _, query = http.raw_path.partition("?")
        raw = await http.content.read()
        return Request(http.method, path, query, http.headers, raw, self._world.clock.now())

    async def _arrange(self, _http: web.BaseRequest, request: Request) -> web.StreamResponse:
        query = dict(parse_qsl(request.query))
        at = str(request.moment)
        return _response(self._service.admin.answer(request.method, request.path, query, request.raw, at))

    async def _answer(self, http: web.BaseRequest, request: Request) -> web.StreamResponse:
        arrival = self._service.arrive(request)
        fault = arrival.fault
        if fault is None:
            answer = self._service.answer(arrival, self._base_url)
            return self._logged(arrival, _response(answer, arrival.headers))
        await asyncio.sleep(fault.seconds())
        return await self._troubled(http, arrival, fault)

    async def _troubled(self, http: web.BaseRequest, arrival: Arrival, fault: Fault) -> web.StreamResponse:
        if fault.kind == "status":
            return self._logged(arrival, self._status_response(fault))
        if fault.kind == "hang":
            await asyncio.sleep(fault.hang)
            return _reset(http)
        if fault.reset == "before":
            return _reset(http)
        answer = self._service.answer(arrival, self._base_url)
        if fault.reset == "after":
            return _reset(http)
        response = _response(answer, arrival.headers)
        if fault.cut:
            return await _cut(http, response)
        return self._logged(arrival, response)

    def _status_response(self, fault: Fault) -> web.Response:
        status = fault.status
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        if fault.html:
            return web.Response(
                status=status, text=_HTML.format(status), content_type="text/html", headers=headers
            )
        return _response(self._service.trouble(status), headers)

    def _logged(self, arrival: Arrival, response: web.Response) -> web.Response:
        arrival.entry.status = response.status
        return response


def _response(answer: Answer, headers: dict[str, str] | None = None) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    return web.Response(
        status=answer.status,
        body=json.dumps(answer.body, separators=(",", ":")).encode(),
        content_type="application/json",
        charset="utf-8",
        headers=headers,
    )


async def _cut(http: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    """Send an answer's headers and half of its body, then close the connection; nothing if it has none."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    if not body:
        return _reset(http)
    half = web.StreamResponse(status=whole.status, headers=whole.headers)
    half.content_length = len(body)
    await half.prepare(http)
    await half.write(body[: len(body) // 2])
    if http.transport is not None:
        http.transport.close()
    return half


def _reset(http: web.BaseRequest) -> web.Response:
    """Break the connection so that the client sees a reset; the response returned goes nowhere."""
    if http.transport is not None:
        raw_socket: socket.socket = http.transport.get_extra_info("socket")
        raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        http.transport.abort()
    return web.Response()
