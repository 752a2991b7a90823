"""Contains all the data models used in inputs/outputs"""

from .action import Action
from .attempt_outcome import AttemptOutcome
from .attempt_view import AttemptView
from .book_interview_fields import BookInterviewFields
from .book_slot_fields import BookSlotFields
from .bounce_answer import BounceAnswer
from .cancel_fields import CancelFields
from .candidate_fields import CandidateFields
from .candidate_patch import CandidatePatch
from .change import Change
from .change_answer import ChangeAnswer
from .channel_answer import ChannelAnswer
from .channel_state import ChannelState
from .channels_answer import ChannelsAnswer
from .delivery_answer import DeliveryAnswer
from .delivery_state import DeliveryState
from .delivery_summary import DeliverySummary
from .delivery_with_attempts import DeliveryWithAttempts
from .doubled import Doubled
from .fallback_answer import FallbackAnswer
from .field_problem import FieldProblem
from .installed_transport import InstalledTransport
from .interview_answer import InterviewAnswer
from .interview_fields import InterviewFields
from .interview_patch import InterviewPatch
from .interview_state import InterviewState
from .invitation_answer import InvitationAnswer
from .invitation_state import InvitationState
from .job_fields import JobFields
from .job_patch import JobPatch
from .key_fields import KeyFields
from .known_candidate import KnownCandidate
from .known_entry import KnownEntry
from .known_entry_details import KnownEntryDetails
from .known_job import KnownJob
from .known_key import KnownKey
from .known_slot import KnownSlot
from .ledger_answer import LedgerAnswer
from .ledger_answer_counts import LedgerAnswerCounts
from .mail_action import MailAction
from .moved_answer import MovedAnswer
from .new_bounce import NewBounce
from .new_key_answer import NewKeyAnswer
from .noted import Noted
from .nothing import Nothing
from .omission import Omission
from .page_delivery_answer import PageDeliveryAnswer
from .page_interview_answer import PageInterviewAnswer
from .page_known_candidate import PageKnownCandidate
from .page_known_entry import PageKnownEntry
from .page_known_job import PageKnownJob
from .page_known_key import PageKnownKey
from .page_known_slot import PageKnownSlot
from .page_schedule_answer import PageScheduleAnswer
from .problem import Problem
from .recurring_fields import RecurringFields
from .release_fields import ReleaseFields
from .released import Released
from .replay_answer import ReplayAnswer
from .replay_answer_skipped import ReplayAnswerSkipped
from .replay_fields import ReplayFields
from .reschedule_fields import RescheduleFields
from .role import Role
from .schedule_answer import ScheduleAnswer
from .schedule_state import ScheduleState
from .series_answer import SeriesAnswer
from .session_answer import SessionAnswer
from .session_details import SessionDetails
from .session_details_device_check_type_0 import SessionDetailsDeviceCheckType0
from .session_state import SessionState
from .skipped import Skipped
from .slot_change_fields import SlotChangeFields
from .slot_fields import SlotFields

__all__ = (
    "Action",
    "AttemptOutcome",
    "AttemptView",
    "BookInterviewFields",
    "BookSlotFields",
    "BounceAnswer",
    "CancelFields",
    "CandidateFields",
    "CandidatePatch",
    "Change",
    "ChangeAnswer",
    "ChannelAnswer",
    "ChannelsAnswer",
    "ChannelState",
    "DeliveryAnswer",
    "DeliveryState",
    "DeliverySummary",
    "DeliveryWithAttempts",
    "Doubled",
    "FallbackAnswer",
    "FieldProblem",
    "InstalledTransport",
    "InterviewAnswer",
    "InterviewFields",
    "InterviewPatch",
    "InterviewState",
    "InvitationAnswer",
    "InvitationState",
    "JobFields",
    "JobPatch",
    "KeyFields",
    "KnownCandidate",
    "KnownEntry",
    "KnownEntryDetails",
    "KnownJob",
    "KnownKey",
    "KnownSlot",
    "LedgerAnswer",
    "LedgerAnswerCounts",
    "MailAction",
    "MovedAnswer",
    "NewBounce",
    "NewKeyAnswer",
    "Noted",
    "Nothing",
    "Omission",
    "PageDeliveryAnswer",
    "PageInterviewAnswer",
    "PageKnownCandidate",
    "PageKnownEntry",
    "PageKnownJob",
    "PageKnownKey",
    "PageKnownSlot",
    "PageScheduleAnswer",
    "Problem",
    "RecurringFields",
    "Released",
    "ReleaseFields",
    "ReplayAnswer",
    "ReplayAnswerSkipped",
    "ReplayFields",
    "RescheduleFields",
    "Role",
    "ScheduleAnswer",
    "ScheduleState",
    "SeriesAnswer",
    "SessionAnswer",
    "SessionDetails",
    "SessionDetailsDeviceCheckType0",
    "SessionState",
    "Skipped",
    "SlotChangeFields",
    "SlotFields",
)
