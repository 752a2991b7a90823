"""The tables of the usual way."""
# mypy: disable-error-code="import-not-found, misc, no-untyped-call"
# Django has no types, and is installed for the benchmarks only.
# ruff: noqa: DJ008 (nobody prints these rows)

import uuid

from django.db import models


class Candidate(models.Model):
    """A person who is interviewed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    full_name = models.CharField(max_length=200)
    email = models.EmailField(unique=True)


class Job(models.Model):
    """An opening."""

    title = models.CharField(max_length=200)
    company = models.CharField(max_length=200)


class Interview(models.Model):
    """A candidate and a job that are to meet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT)
    job = models.ForeignKey(Job, on_delete=models.PROTECT)
    session_key = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class Slot(models.Model):
    """A stretch of time with seats."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    seats = models.IntegerField(default=1)


class InterviewSchedule(models.Model):
    """One interview on one slot."""

    interview = models.OneToOneField(Interview, on_delete=models.PROTECT)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT)
    status = models.CharField(max_length=20, default="pending")
    booking_notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class InterviewSession(models.Model):
    """The candidate's access."""

    interview = models.OneToOneField(Interview, on_delete=models.PROTECT)
    session_key = models.CharField(max_length=80, unique=True)
    candidate_email = models.EmailField()
    scheduled_at = models.DateTimeField()
