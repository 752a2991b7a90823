"""The one path of the usual way."""
# mypy: disable-error-code="import-not-found"
# Django has no types, and is installed for the benchmarks only.

from django.urls import path

from bench.booking.usual_way.views import BookSlot

urlpatterns = [path("api/interviews/slots/<uuid:slot_id>/book_slot/", BookSlot.as_view())]
