"""Types of fields that many responses share, each with its example for the OpenAPI document.

All are of one story: Asha Rao is interviewed at Acme on 1 December 2026.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

_KEY = "AZkAAAAAcACAAAAAAAAAAAYAAQ.2Vq0mJw7pVtq0Qy5m0v8x3uT8oZ1kq5u"

CandidateId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000001"])]
JobId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000002"])]
InterviewId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000003"])]
SlotId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000004"])]
ScheduleId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000005"])]
SessionId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000006"])]
DeliveryId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000007"])]
AlertId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-00000000000b"])]
KeyId = Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000008"])]

Time = Annotated[datetime, Meta(tz=True)]
RecordedAt = Annotated[Time, Meta(examples=["2026-11-21T16:30:00+05:30"])]
ExpiresAt = Annotated[Time, Meta(examples=["2027-11-21T16:30:00+05:30"])]
ReportedBy = Annotated[str | None, Meta(examples=["the hiring page"])]
OpensAt = Annotated[Time, Meta(examples=["2026-12-01T09:59:30+05:30"])]
StartsAt = Annotated[Time, Meta(examples=["2026-12-01T10:00:00+05:30"])]
ClosesAt = Annotated[Time, Meta(examples=["2026-12-01T10:10:00+05:30"])]
EndsAt = Annotated[Time, Meta(examples=["2026-12-01T10:45:00+05:30"])]

SessionKey = Annotated[str, Meta(examples=[_KEY])]
PortalUrl = Annotated[str, Meta(examples=[f"https://hire.example/?session_key={_KEY}"])]
TraceId = Annotated[str, Meta(examples=["4bf92f3577b34da6a3ce929d0e0e4736"])]

EXAMPLE_MESSAGE_ID = "<01990000-0000-7000-8000-000000000007@hire.example>"
