"""`book_slot` as it is usually written: look, check, insert, send, all in the request."""
# mypy: disable-error-code="import-not-found, misc, untyped-decorator"
# Django has no types, and is installed for the benchmarks only.

import secrets
from typing import Any
from zoneinfo import ZoneInfo

from django.core.mail import send_mail
from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.booking.usual_way.models import Interview, InterviewSchedule, InterviewSession, Slot

_TEXT = """Dear {name},

Your interview for {job} at {company} has been scheduled.

Date and time: {when} IST
Interview link: {url}

The link opens 30 seconds before the start and closes 10 minutes after it.
Please have a camera, a microphone and a quiet room ready.
"""


class BookingFields(serializers.Serializer):
    """What a frontend sends."""

    interview_id = serializers.UUIDField()
    booking_notes = serializers.CharField(required=False, allow_blank=True, default="")


class ScheduleFields(serializers.ModelSerializer):
    """What it is answered."""

    class Meta:
        """The fields that are shown."""

        model = InterviewSchedule
        fields = ("id", "interview", "slot", "status", "booking_notes", "created_at")


class BookSlot(APIView):
    """Book an interview into a slot."""

    def post(self, request: Any, slot_id: Any) -> Any:  # noqa: ANN401 (Django's)
        """Book, then send the invitation before answering."""
        fields = BookingFields(data=request.data)
        fields.is_valid(raise_exception=True)
        interview = get_object_or_404(
            Interview.objects.select_related("candidate", "job"), pk=fields.validated_data["interview_id"]
        )
        slot = get_object_or_404(Slot, pk=slot_id)
        if InterviewSchedule.objects.filter(interview=interview).exists():
            return Response({"error": "already scheduled"}, status=status.HTTP_409_CONFLICT)
        if InterviewSchedule.objects.filter(slot=slot).count() >= slot.seats:
            return Response({"error": "slot is full"}, status=status.HTTP_409_CONFLICT)
        # One transaction for all of it, which is kinder than the usual: a commit instead of three.
        with transaction.atomic():
            schedule = InterviewSchedule.objects.create(
                interview=interview, slot=slot, booking_notes=fields.validated_data["booking_notes"]
            )
            session = InterviewSession.objects.create(
                interview=interview,
                session_key=secrets.token_urlsafe(32),
                candidate_email=interview.candidate.email,
                scheduled_at=slot.starts_at,
            )
            interview.session_key = session.session_key
            interview.started_at, interview.ended_at = slot.starts_at, slot.ends_at
            interview.save()
        _send(interview, slot)
        return Response(ScheduleFields(schedule).data, status=status.HTTP_201_CREATED)


def _send(interview: Any, slot: Any) -> None:  # noqa: ANN401 (Django's)
    text = _TEXT.format(
        name=interview.candidate.full_name,
        job=interview.job.title,
        company=interview.job.company,
        when=slot.starts_at.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%A, %d %B %Y, %H:%M"),
        url=f"https://hire.example/?session_key={interview.session_key}",
    )
    send_mail(f"Interview scheduled: {interview.job.title}", text, None, [interview.candidate.email])
