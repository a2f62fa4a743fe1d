"""`python -m isogloss` is `isogloss`."""

from isogloss.cli import main

if __name__ == "__main__":
    main()
