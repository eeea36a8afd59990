"""A mail server on a free port that keeps what it is given: `with MailServer() as server: server.letters`."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it arrived: to whom it was really sent, and what its headers and text say."""

    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        return str(self.message.get_content())


class MailServer:
    """Speaks as much SMTP as is needed. Recipients in `refused` are turned away."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refused: set[str] = set()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="mail server", daemon=True)
        self._listens = threading.Event()
        self._talks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> MailServer:
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _serve(self) -> None:
        self._loop.run_until_complete(self._listen())
        self._loop.close()

    async def _listen(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._stop.wait()
        server.close()
        await server.wait_closed()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._session(reader, writer)
        except ConnectionError:
            pass
        finally:
            self._talks.discard(task)
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        recipients: list[str] = []
        await say("220 ready")
        while line := (await reader.readline()).decode():
            verb = line[:4].upper()
            if verb == "QUIT":
                await say("221 bye")
                return
            if verb in ("MAIL", "RSET"):
                recipients = []
            if verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if address in self.refused:
                    await say("550 no such person")
                    continue
                recipients.append(address)
            if verb == "DATA":
                await say("354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                message = message_from_bytes(body.removesuffix(b".\r\n"), policy=policy.default)
                assert isinstance(message, EmailMessage)
                self.letters.append(Letter(tuple(recipients), message))
            await say("250 ok")
