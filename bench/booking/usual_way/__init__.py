"""A booking as it is usually written, and as the seeds describe it: Django REST framework, all in the request."""
