"""The application that gunicorn serves."""
# mypy: disable-error-code="import-not-found"
# Django has no types, and is installed for the benchmarks only.

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
