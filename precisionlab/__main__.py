"""`python -m precisionlab`."""

import sys

from precisionlab.cli.main import main

sys.exit(main())
