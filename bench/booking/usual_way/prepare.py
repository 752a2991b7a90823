"""Make the tables of the usual way and a user with a token, and print the token."""
# mypy: disable-error-code="import-not-found"
# Django has no types, and is installed for the benchmarks only.

import django
from django.core.management import call_command


def main() -> None:
    """Do it, and print the token alone on standard output."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    # Models can be imported only now.
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    from bench.booking.usual_way.models import Job

    Job.objects.create(pk=1, title="Backend Engineer", company="Example Labs")
    print(Token.objects.create(user=User.objects.create(username="recruiter")).key)


if __name__ == "__main__":
    main()
