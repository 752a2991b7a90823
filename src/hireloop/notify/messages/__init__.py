"""The kinds of things to say: frozen structs of plain values, stored as a delivery's payload.

A payload never holds a session key or a link: both are minted at render from the session's id and key version.
A change of a struct's fields raises `PAYLOAD_VERSION`, so that an older worker leaves newer rows alone.
"""

from hireloop.notify.messages.alerts import AlertCause as AlertCause
from hireloop.notify.messages.alerts import AlertMessage as AlertMessage
from hireloop.notify.messages.bases import Audience as Audience
from hireloop.notify.messages.bases import BookingMessage as BookingMessage
from hireloop.notify.messages.bases import Meeting as Meeting
from hireloop.notify.messages.bases import Party as Party
from hireloop.notify.messages.candidates import CancelledMessage as CancelledMessage
from hireloop.notify.messages.candidates import InvitationMessage as InvitationMessage
from hireloop.notify.messages.candidates import ReminderMessage as ReminderMessage
from hireloop.notify.messages.candidates import RescheduledMessage as RescheduledMessage
from hireloop.notify.messages.interviewers import Attendee as Attendee
from hireloop.notify.messages.interviewers import InterviewerCancellation as InterviewerCancellation
from hireloop.notify.messages.interviewers import InterviewerInvitation as InterviewerInvitation
from hireloop.notify.messages.interviewers import InterviewerMessage as InterviewerMessage
from hireloop.notify.messages.interviewers import InterviewerReminder as InterviewerReminder
from hireloop.notify.messages.interviewers import InterviewerUpdate as InterviewerUpdate
from hireloop.notify.messages.interviewers import names_erased as names_erased
from hireloop.notify.messages.kinds import CANDIDATE_KINDS as CANDIDATE_KINDS
from hireloop.notify.messages.kinds import INTERVIEWER_KINDS as INTERVIEWER_KINDS
from hireloop.notify.messages.kinds import KINDS as KINDS
from hireloop.notify.messages.kinds import KNOWN_KINDS as KNOWN_KINDS
from hireloop.notify.messages.kinds import LASTING_KINDS as LASTING_KINDS
from hireloop.notify.messages.kinds import PARTY_KINDS as PARTY_KINDS
from hireloop.notify.messages.kinds import PAYLOAD_VERSION as PAYLOAD_VERSION
from hireloop.notify.messages.kinds import RECRUITER_KINDS as RECRUITER_KINDS
from hireloop.notify.messages.kinds import Message as Message
from hireloop.notify.messages.kinds import News as News
from hireloop.notify.messages.kinds import decode as decode
from hireloop.notify.messages.kinds import encode as encode
from hireloop.notify.messages.kinds import party_of as party_of
from hireloop.notify.messages.kinds import place_of as place_of
from hireloop.notify.messages.recruiters import ConfirmedMessage as ConfirmedMessage
from hireloop.notify.messages.recruiters import CopiedChange as CopiedChange
from hireloop.notify.messages.recruiters import DeclinedMessage as DeclinedMessage
from hireloop.notify.messages.recruiters import EnteredMessage as EnteredMessage
from hireloop.notify.messages.recruiters import FinishedMessage as FinishedMessage
from hireloop.notify.messages.recruiters import InterviewerUnreachableMessage as InterviewerUnreachableMessage
from hireloop.notify.messages.recruiters import LateRequestMessage as LateRequestMessage
from hireloop.notify.messages.recruiters import NewsMessage as NewsMessage
from hireloop.notify.messages.recruiters import NoShowMessage as NoShowMessage
from hireloop.notify.messages.recruiters import RecruiterCopyMessage as RecruiterCopyMessage
