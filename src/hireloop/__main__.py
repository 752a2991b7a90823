"""`python -m hireloop`, the same as `hireloop`."""

from hireloop.cli import main

if __name__ == "__main__":
    main()
