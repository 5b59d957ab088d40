"""uvicorn's HTTP protocol with the bounds it lacks: on the size and time of a head, and on clients that do not read."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import termios
from array import array
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
MAX_FIELDS = 100
HEAD_SECONDS = 15.0
WRITE_SECONDS = 30.0
"""How long a client may read nothing of what waits for it."""
MAX_PIPELINED = 16
"""Requests that may wait on one connection for the one that is being answered."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request head or trailers are too large or too slow; answers in OpenAI's error shape.

    A client that stops reading is disconnected without a word: it would not read that either.

    Offers to go on with another protocol (`Upgrade: h2c`, `Upgrade: websocket`) are ignored, as a server may (RFC 9110,
    7.8): the request is answered as if its Upgrade fields were not there.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _in_head = True
    _offers_upgrade = False
    _unparsed_bytes = 0
    _field_bytes = 0
    _fields = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        self._stop_write_timer()
        self._unset_keepalive_if_required()  # uvicorn leaves it running after a reset
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """In the place of uvicorn's, which loses what follows an offered upgrade, and stops its timer for any byte."""
        # Fields that are still incomplete are counted here, whole ones in on_header; trailers are fields, too.
        self._unparsed_bytes += len(data)
        try:
            self._parse(memoryview(data))
        except httptools.HttpParserError:
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            self.send_400_response(message)
        if not self._idle():
            self._unset_keepalive_if_required()
        if self._unparsed_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse_fields()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._field_bytes, self._fields = True, 0, 0
        self._start_head_timer()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._field_bytes += len(name) + len(value)
        self._fields += 1
        if self._field_bytes > MAX_HEAD_BYTES or self._fields > MAX_FIELDS:
            self._refuse_fields()
        elif self._in_head:  # trailers are of no use to anybody
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._unparsed_bytes = False, 0
        self._stop_head_timer()
        self._offers_upgrade = self.parser.should_upgrade()
        if not self.transport.is_closing() and not self._offers_upgrade:
            super().on_headers_complete()
            if len(self.pipeline) > MAX_PIPELINED:  # no client of ours; an error would get into the running answer
                self.transport.abort()

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._unparsed_bytes = 0
        if not self.transport.is_closing() and not self._offers_upgrade:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_closing()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch_closing()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_write_timer()

    def send_400_response(self, msg: str) -> None:
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _parse(self, data: memoryview) -> None:
        """Parse all of `data`. Raises HttpParserError where it is not HTTP.

        The parser takes what follows a head with an offer for the other protocol, and stops there. A fresh one is given
        the head without the offer, and then what follows.
        """
        while True:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as stopped:
                data = data[stopped.args[0] :]
            if self.parser.get_method() == b"CONNECT":  # no offer: what follows is for another server
                self.send_400_response("This server is not a proxy.")
            if self.transport.is_closing():
                return
            head = self._head_without_offer()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
            self.parser.feed_data(head)

    def _head_without_offer(self) -> bytes:
        """The head that was just parsed, less its Upgrade fields; Connection alone is no offer, whatever it names."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % (name, value) for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def _idle(self) -> bool:
        """Whether no request is being answered, and none has begun to arrive."""
        return self._head_timer is None and (self.cycle is None or self.cycle.response_complete)

    def _refuse_fields(self) -> None:
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's headers are too large or too many.")

    def _start_head_timer(self) -> None:
        self._stop_head_timer()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _watch_closing(self) -> None:
        """A connection that is closed is only gone once the client has read what was written before."""
        if self.transport.is_closing():
            self._start_write_timer()

    def _start_write_timer(self) -> None:
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(WRITE_SECONDS, self._look_at_reader, self._unread())

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _look_at_reader(self, unread_before: int) -> None:
        # Nothing is added while writing is paused or the connection is closing: less means that the client reads.
        self._write_timer = None
        if self._unread() < unread_before:
            self._start_write_timer()
        else:
            self.transport.abort()

    def _unread(self) -> int:
        """Bytes that the client's machine has not got. The kernel counts: it has room for megabytes, and takes no more
        before a third of that is free."""
        held = array("i", [0])
        with contextlib.suppress(OSError, ValueError):  # it has just been closed
            fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, held)
        return held[0] + self.transport.get_write_buffer_size()

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"The request's headers did not arrive within {HEAD_SECONDS:g} s.")

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        if self.transport.is_closing():
            return
        code = status.phrase.lower().replace(" ", "_")
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
        body = json.dumps({"error": error}).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
        self._watch_closing()
