"""The development mailbox forgets mail about people who were erased, as the database does.

Each mail names its delivery in its Message-ID, and the delivery says whether its person was erased: so it does not
matter which process erases, and mail that arrives afterwards, such as a last cancellation, goes too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from litestar import Litestar

from hireloop import db
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.notify.bounces.return_path import delivery_of
from hireloop.notify.deliveries import deliveries

_EVERY_SECONDS = 10.0


class Forgetting:
    """Deletes mail about erased people from a folder: before somebody looks into it, and in the background."""

    def __init__(self, folder: MailFolder) -> None:
        self._folder = folder
        self._about: dict[str, UUID | None] = {}  # by the ids of the mails, which never change

    async def forget(self) -> None:
        """Delete all mail whose person was erased; raises as the database does if it cannot be asked."""
        about = await asyncio.to_thread(self._deliveries)
        if not about:
            return
        erased = await deliveries.erased_among(set(about.values()))
        for ident, delivery in about.items():
            if delivery in erased:
                await asyncio.to_thread(self._folder.remove, ident)

    @asynccontextmanager
    async def in_background(self, _app: Litestar) -> AsyncIterator[None]:
        """Forget every ten seconds until the block ends, beginning now."""
        task = asyncio.create_task(self._for_ever(), name="forgetting")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _for_ever(self) -> None:
        while True:
            with suppress(
                *db.UNAVAILABLE
            ):  # the next round tries again; a full disk or a closed folder is one of these
                await self.forget()
            await asyncio.sleep(_EVERY_SECONDS)

    def _deliveries(self) -> dict[str, UUID]:
        """Return the delivery of each mail that has one, by the mail's id."""
        mails = self._folder.messages()
        known = self._about
        self._about = {mail.id: known[mail.id] if mail.id in known else delivery_of(mail.message_id) for mail in mails}
        return {ident: delivery for ident, delivery in self._about.items() if delivery is not None}
